* memnet block stem (crossbar)
* reads input as in0
* reads bias as bias
* drives stem/rectified as relu
* plus: virtual grounds of the plus columns
* middle: outputs of the first amplifiers
* minus: virtual grounds of the minus columns
xa_c0y0x0 0 plus_c0y0x0 middle_c0y0x0 vclp vcln opamp
xb_c0y0x0 0 minus_c0y0x0 relu_c0y0x0 vclp vcln opamp_rectified
xa_c0y0x1 0 plus_c0y0x1 middle_c0y0x1 vclp vcln opamp
xb_c0y0x1 0 minus_c0y0x1 relu_c0y0x1 vclp vcln opamp_rectified
xa_c0y1x0 0 plus_c0y1x0 middle_c0y1x0 vclp vcln opamp
xb_c0y1x0 0 minus_c0y1x0 relu_c0y1x0 vclp vcln opamp_rectified
xa_c0y1x1 0 plus_c0y1x1 middle_c0y1x1 vclp vcln opamp
xb_c0y1x1 0 minus_c0y1x1 relu_c0y1x1 vclp vcln opamp_rectified
xa_c1y0x0 0 plus_c1y0x0 middle_c1y0x0 vclp vcln opamp
xb_c1y0x0 0 minus_c1y0x0 relu_c1y0x0 vclp vcln opamp_rectified
xa_c1y0x1 0 plus_c1y0x1 middle_c1y0x1 vclp vcln opamp
xb_c1y0x1 0 minus_c1y0x1 relu_c1y0x1 vclp vcln opamp_rectified
xa_c1y1x0 0 plus_c1y1x0 middle_c1y1x0 vclp vcln opamp
xb_c1y1x0 0 minus_c1y1x0 relu_c1y1x0 vclp vcln opamp_rectified
xa_c1y1x1 0 plus_c1y1x1 middle_c1y1x1 vclp vcln opamp
xb_c1y1x1 0 minus_c1y1x1 relu_c1y1x1 vclp vcln opamp_rectified
