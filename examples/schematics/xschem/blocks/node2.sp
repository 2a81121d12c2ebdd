* memnet block node2 (crossbar)
* reads node2/edge0-dil_conv_3x3/dw as in0
* reads bias as bias
* drives node2 as out
* plus: virtual grounds of the plus columns
* middle: outputs of the first amplifiers
* minus: virtual grounds of the minus columns
xa_c0y0x0 0 plus_c0y0x0 middle_c0y0x0 vclp vcln opamp
xb_c0y0x0 0 minus_c0y0x0 out_c0y0x0 vclp vcln opamp
xa_c0y0x1 0 plus_c0y0x1 middle_c0y0x1 vclp vcln opamp
xb_c0y0x1 0 minus_c0y0x1 out_c0y0x1 vclp vcln opamp
xa_c0y1x0 0 plus_c0y1x0 middle_c0y1x0 vclp vcln opamp
xb_c0y1x0 0 minus_c0y1x0 out_c0y1x0 vclp vcln opamp
xa_c0y1x1 0 plus_c0y1x1 middle_c0y1x1 vclp vcln opamp
xb_c0y1x1 0 minus_c0y1x1 out_c0y1x1 vclp vcln opamp
xa_c1y0x0 0 plus_c1y0x0 middle_c1y0x0 vclp vcln opamp
xb_c1y0x0 0 minus_c1y0x0 out_c1y0x0 vclp vcln opamp
xa_c1y0x1 0 plus_c1y0x1 middle_c1y0x1 vclp vcln opamp
xb_c1y0x1 0 minus_c1y0x1 out_c1y0x1 vclp vcln opamp
xa_c1y1x0 0 plus_c1y1x0 middle_c1y1x0 vclp vcln opamp
xb_c1y1x0 0 minus_c1y1x0 out_c1y1x0 vclp vcln opamp
xa_c1y1x1 0 plus_c1y1x1 middle_c1y1x1 vclp vcln opamp
xb_c1y1x1 0 minus_c1y1x1 out_c1y1x1 vclp vcln opamp
