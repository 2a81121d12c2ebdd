* memnet block cell0/node2/edge0/dw1 (crossbar)
* reads cell0/preprocess0/rectified as in0
* drives cell0/node2/edge0/dw1 as out
* plus: virtual grounds of the plus columns
* middle: outputs of the first amplifiers
* minus: virtual grounds of the minus columns
gswp0_c0y0x0_in0_c0y0x0 mp0_c0y0x0_in0_c0y0x0 plus_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswp0_c0y0x0_in0_c0y0x1 mp0_c0y0x0_in0_c0y0x1 plus_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswp0_c0y0x0_in0_c0y1x0 mp0_c0y0x0_in0_c0y1x0 plus_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswp0_c0y0x0_in0_c0y1x1 mp0_c0y0x0_in0_c0y1x1 plus_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswp0_c0y0x1_in0_c0y0x0 mp0_c0y0x1_in0_c0y0x0 plus_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswp0_c0y0x1_in0_c0y0x1 mp0_c0y0x1_in0_c0y0x1 plus_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswp0_c0y0x1_in0_c0y1x0 mp0_c0y0x1_in0_c0y1x0 plus_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswp0_c0y0x1_in0_c0y1x1 mp0_c0y0x1_in0_c0y1x1 plus_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswp0_c0y1x0_in0_c0y0x0 mp0_c0y1x0_in0_c0y0x0 plus_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswp0_c0y1x0_in0_c0y0x1 mp0_c0y1x0_in0_c0y0x1 plus_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswp0_c0y1x0_in0_c0y1x0 mp0_c0y1x0_in0_c0y1x0 plus_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswp0_c0y1x0_in0_c0y1x1 mp0_c0y1x0_in0_c0y1x1 plus_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswp0_c0y1x1_in0_c0y0x0 mp0_c0y1x1_in0_c0y0x0 plus_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswp0_c0y1x1_in0_c0y0x1 mp0_c0y1x1_in0_c0y0x1 plus_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswp0_c0y1x1_in0_c0y1x0 mp0_c0y1x1_in0_c0y1x0 plus_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswp0_c0y1x1_in0_c0y1x1 mp0_c0y1x1_in0_c0y1x1 plus_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswm0_c0y0x0_in0_c0y0x0 mm0_c0y0x0_in0_c0y0x0 minus_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswm0_c0y0x0_in0_c0y0x1 mm0_c0y0x0_in0_c0y0x1 minus_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswm0_c0y0x0_in0_c0y1x0 mm0_c0y0x0_in0_c0y1x0 minus_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswm0_c0y0x0_in0_c0y1x1 mm0_c0y0x0_in0_c0y1x1 minus_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswm0_c0y0x1_in0_c0y0x0 mm0_c0y0x1_in0_c0y0x0 minus_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswm0_c0y0x1_in0_c0y0x1 mm0_c0y0x1_in0_c0y0x1 minus_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswm0_c0y0x1_in0_c0y1x0 mm0_c0y0x1_in0_c0y1x0 minus_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswm0_c0y0x1_in0_c0y1x1 mm0_c0y0x1_in0_c0y1x1 minus_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswm0_c0y1x0_in0_c0y0x0 mm0_c0y1x0_in0_c0y0x0 minus_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswm0_c0y1x0_in0_c0y0x1 mm0_c0y1x0_in0_c0y0x1 minus_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswm0_c0y1x0_in0_c0y1x0 mm0_c0y1x0_in0_c0y1x0 minus_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswm0_c0y1x0_in0_c0y1x1 mm0_c0y1x0_in0_c0y1x1 minus_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswm0_c0y1x1_in0_c0y0x0 mm0_c0y1x1_in0_c0y0x0 minus_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswm0_c0y1x1_in0_c0y0x1 mm0_c0y1x1_in0_c0y0x1 minus_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswm0_c0y1x1_in0_c0y1x0 mm0_c0y1x1_in0_c0y1x0 minus_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
gswm0_c0y1x1_in0_c0y1x1 mm0_c0y1x1_in0_c0y1x1 minus_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_sep 0 0.4,1e+09 0.6,100
xa_c0y0x0 0 plus_c0y0x0 middle_c0y0x0 vclp vcln select_cell0_node2_edge0_sep opamp_gated
xb_c0y0x0 0 minus_c0y0x0 out_c0y0x0 vclp vcln select_cell0_node2_edge0_sep opamp_gated
xa_c0y0x1 0 plus_c0y0x1 middle_c0y0x1 vclp vcln select_cell0_node2_edge0_sep opamp_gated
xb_c0y0x1 0 minus_c0y0x1 out_c0y0x1 vclp vcln select_cell0_node2_edge0_sep opamp_gated
xa_c0y1x0 0 plus_c0y1x0 middle_c0y1x0 vclp vcln select_cell0_node2_edge0_sep opamp_gated
xb_c0y1x0 0 minus_c0y1x0 out_c0y1x0 vclp vcln select_cell0_node2_edge0_sep opamp_gated
xa_c0y1x1 0 plus_c0y1x1 middle_c0y1x1 vclp vcln select_cell0_node2_edge0_sep opamp_gated
xb_c0y1x1 0 minus_c0y1x1 out_c0y1x1 vclp vcln select_cell0_node2_edge0_sep opamp_gated
