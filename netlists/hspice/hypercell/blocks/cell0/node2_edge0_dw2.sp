* memnet block cell0/node2/edge0/dw2 (crossbar)
* reads cell0/node2/edge0/pw1/rectified as in0
* reads cell0/preprocess0/rectified as in1
* reads cell0/max_pool-state0 as in2
* drives cell0/node2/edge0/dw2 as out
* drives cell0/node2/edge0/dw2/middle as middle
* plus: virtual grounds of the plus columns
* minus: virtual grounds of the minus columns
* positive: noninverting inputs of the first amplifiers, lent to max pools
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
gswp1_c0y0x0_in1_c0y0x0 mp1_c0y0x0_in1_c0y0x0 plus_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_dil 0 0.4,1e+09 0.6,100
gswp1_c0y0x1_in1_c0y0x1 mp1_c0y0x1_in1_c0y0x1 plus_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_dil 0 0.4,1e+09 0.6,100
gswp1_c0y1x0_in1_c0y1x0 mp1_c0y1x0_in1_c0y1x0 plus_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_dil 0 0.4,1e+09 0.6,100
gswp1_c0y1x1_in1_c0y1x1 mp1_c0y1x1_in1_c0y1x1 plus_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_dil 0 0.4,1e+09 0.6,100
gswm1_c0y0x0_in1_c0y0x0 mm1_c0y0x0_in1_c0y0x0 minus_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_dil 0 0.4,1e+09 0.6,100
gswm1_c0y0x1_in1_c0y0x1 mm1_c0y0x1_in1_c0y0x1 minus_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_dil 0 0.4,1e+09 0.6,100
gswm1_c0y1x0_in1_c0y1x0 mm1_c0y1x0_in1_c0y1x0 minus_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_dil 0 0.4,1e+09 0.6,100
gswm1_c0y1x1_in1_c0y1x1 mm1_c0y1x1_in1_c0y1x1 minus_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_dil 0 0.4,1e+09 0.6,100
gswlent0_c0y0x0 0 positive_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_grounded 0 0.4,1e+09 0.6,100
gswlent0_c0y0x1 0 positive_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_grounded 0 0.4,1e+09 0.6,100
gswlent0_c0y1x0 0 positive_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_grounded 0 0.4,1e+09 0.6,100
gswlent0_c0y1x1 0 positive_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_grounded 0 0.4,1e+09 0.6,100
gswlent1_c0y0x0 in2_c0y0x0 positive_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_max 0 0.4,1e+09 0.6,100
gswlent1_c0y0x1 in2_c0y0x1 positive_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_max 0 0.4,1e+09 0.6,100
gswlent1_c0y1x0 in2_c0y1x0 positive_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_max 0 0.4,1e+09 0.6,100
gswlent1_c0y1x1 in2_c0y1x1 positive_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_max 0 0.4,1e+09 0.6,100
xa_c0y0x0 positive_c0y0x0 plus_c0y0x0 middle_c0y0x0 vclp vcln select_cell0_node2_edge0_powered opamp_gated
xb_c0y0x0 0 minus_c0y0x0 out_c0y0x0 vclp vcln select_cell0_node2_edge0_powered opamp_gated
xa_c0y0x1 positive_c0y0x1 plus_c0y0x1 middle_c0y0x1 vclp vcln select_cell0_node2_edge0_powered opamp_gated
xb_c0y0x1 0 minus_c0y0x1 out_c0y0x1 vclp vcln select_cell0_node2_edge0_powered opamp_gated
xa_c0y1x0 positive_c0y1x0 plus_c0y1x0 middle_c0y1x0 vclp vcln select_cell0_node2_edge0_powered opamp_gated
xb_c0y1x0 0 minus_c0y1x0 out_c0y1x0 vclp vcln select_cell0_node2_edge0_powered opamp_gated
xa_c0y1x1 positive_c0y1x1 plus_c0y1x1 middle_c0y1x1 vclp vcln select_cell0_node2_edge0_powered opamp_gated
xb_c0y1x1 0 minus_c0y1x1 out_c0y1x1 vclp vcln select_cell0_node2_edge0_powered opamp_gated
