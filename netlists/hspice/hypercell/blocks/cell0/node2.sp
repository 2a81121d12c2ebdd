* memnet block cell0/node2 (crossbar)
* reads cell0/preprocess0 as in0
* reads cell0/preprocess1 as in1
* reads cell0/node2/edge0/dw2/middle as in2
* reads cell0/node2/edge0/dw2 as in3
* reads bias as bias
* reads cell0/node2/edge1/dw2/middle as in5
* reads cell0/node2/edge1/dw2 as in6
* drives cell0/node2 as out
* drives cell0/node2/rectified as relu
* plus: virtual grounds of the plus columns
* middle: outputs of the first amplifiers
* minus: virtual grounds of the minus columns
gsw0_c0y0x0_in0_c0y0x0 m0_c0y0x0_in0_c0y0x0 plus_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_avg 0 0.4,1e+09 0.6,100
gsw0_c0y0x0_in0_c0y0x1 m0_c0y0x0_in0_c0y0x1 plus_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_avg 0 0.4,1e+09 0.6,100
gsw0_c0y0x0_in0_c0y1x0 m0_c0y0x0_in0_c0y1x0 plus_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_avg 0 0.4,1e+09 0.6,100
gsw0_c0y0x0_in0_c0y1x1 m0_c0y0x0_in0_c0y1x1 plus_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_avg 0 0.4,1e+09 0.6,100
gsw0_c0y0x1_in0_c0y0x0 m0_c0y0x1_in0_c0y0x0 plus_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_avg 0 0.4,1e+09 0.6,100
gsw0_c0y0x1_in0_c0y0x1 m0_c0y0x1_in0_c0y0x1 plus_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_avg 0 0.4,1e+09 0.6,100
gsw0_c0y0x1_in0_c0y1x0 m0_c0y0x1_in0_c0y1x0 plus_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_avg 0 0.4,1e+09 0.6,100
gsw0_c0y0x1_in0_c0y1x1 m0_c0y0x1_in0_c0y1x1 plus_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_avg 0 0.4,1e+09 0.6,100
gsw0_c0y1x0_in0_c0y0x0 m0_c0y1x0_in0_c0y0x0 plus_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_avg 0 0.4,1e+09 0.6,100
gsw0_c0y1x0_in0_c0y0x1 m0_c0y1x0_in0_c0y0x1 plus_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_avg 0 0.4,1e+09 0.6,100
gsw0_c0y1x0_in0_c0y1x0 m0_c0y1x0_in0_c0y1x0 plus_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_avg 0 0.4,1e+09 0.6,100
gsw0_c0y1x0_in0_c0y1x1 m0_c0y1x0_in0_c0y1x1 plus_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_avg 0 0.4,1e+09 0.6,100
gsw0_c0y1x1_in0_c0y0x0 m0_c0y1x1_in0_c0y0x0 plus_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_avg 0 0.4,1e+09 0.6,100
gsw0_c0y1x1_in0_c0y0x1 m0_c0y1x1_in0_c0y0x1 plus_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_avg 0 0.4,1e+09 0.6,100
gsw0_c0y1x1_in0_c0y1x0 m0_c0y1x1_in0_c0y1x0 plus_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_avg 0 0.4,1e+09 0.6,100
gsw0_c0y1x1_in0_c0y1x1 m0_c0y1x1_in0_c0y1x1 plus_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_avg 0 0.4,1e+09 0.6,100
gsw1_c0y0x0_in0_c0y0x0 m1_c0y0x0_in0_c0y0x0 plus_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_skip 0 0.4,1e+09 0.6,100
gsw1_c0y0x1_in0_c0y0x1 m1_c0y0x1_in0_c0y0x1 plus_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_skip 0 0.4,1e+09 0.6,100
gsw1_c0y1x0_in0_c0y1x0 m1_c0y1x0_in0_c0y1x0 plus_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_skip 0 0.4,1e+09 0.6,100
gsw1_c0y1x1_in0_c0y1x1 m1_c0y1x1_in0_c0y1x1 plus_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_skip 0 0.4,1e+09 0.6,100
gsw2_c0y0x0_in1_c0y0x0 m2_c0y0x0_in1_c0y0x0 plus_c0y0x0 vcr pwl(1) select_cell0_node2_edge1_avg 0 0.4,1e+09 0.6,100
gsw2_c0y0x0_in1_c0y0x1 m2_c0y0x0_in1_c0y0x1 plus_c0y0x0 vcr pwl(1) select_cell0_node2_edge1_avg 0 0.4,1e+09 0.6,100
gsw2_c0y0x0_in1_c0y1x0 m2_c0y0x0_in1_c0y1x0 plus_c0y0x0 vcr pwl(1) select_cell0_node2_edge1_avg 0 0.4,1e+09 0.6,100
gsw2_c0y0x0_in1_c0y1x1 m2_c0y0x0_in1_c0y1x1 plus_c0y0x0 vcr pwl(1) select_cell0_node2_edge1_avg 0 0.4,1e+09 0.6,100
gsw2_c0y0x1_in1_c0y0x0 m2_c0y0x1_in1_c0y0x0 plus_c0y0x1 vcr pwl(1) select_cell0_node2_edge1_avg 0 0.4,1e+09 0.6,100
gsw2_c0y0x1_in1_c0y0x1 m2_c0y0x1_in1_c0y0x1 plus_c0y0x1 vcr pwl(1) select_cell0_node2_edge1_avg 0 0.4,1e+09 0.6,100
gsw2_c0y0x1_in1_c0y1x0 m2_c0y0x1_in1_c0y1x0 plus_c0y0x1 vcr pwl(1) select_cell0_node2_edge1_avg 0 0.4,1e+09 0.6,100
gsw2_c0y0x1_in1_c0y1x1 m2_c0y0x1_in1_c0y1x1 plus_c0y0x1 vcr pwl(1) select_cell0_node2_edge1_avg 0 0.4,1e+09 0.6,100
gsw2_c0y1x0_in1_c0y0x0 m2_c0y1x0_in1_c0y0x0 plus_c0y1x0 vcr pwl(1) select_cell0_node2_edge1_avg 0 0.4,1e+09 0.6,100
gsw2_c0y1x0_in1_c0y0x1 m2_c0y1x0_in1_c0y0x1 plus_c0y1x0 vcr pwl(1) select_cell0_node2_edge1_avg 0 0.4,1e+09 0.6,100
gsw2_c0y1x0_in1_c0y1x0 m2_c0y1x0_in1_c0y1x0 plus_c0y1x0 vcr pwl(1) select_cell0_node2_edge1_avg 0 0.4,1e+09 0.6,100
gsw2_c0y1x0_in1_c0y1x1 m2_c0y1x0_in1_c0y1x1 plus_c0y1x0 vcr pwl(1) select_cell0_node2_edge1_avg 0 0.4,1e+09 0.6,100
gsw2_c0y1x1_in1_c0y0x0 m2_c0y1x1_in1_c0y0x0 plus_c0y1x1 vcr pwl(1) select_cell0_node2_edge1_avg 0 0.4,1e+09 0.6,100
gsw2_c0y1x1_in1_c0y0x1 m2_c0y1x1_in1_c0y0x1 plus_c0y1x1 vcr pwl(1) select_cell0_node2_edge1_avg 0 0.4,1e+09 0.6,100
gsw2_c0y1x1_in1_c0y1x0 m2_c0y1x1_in1_c0y1x0 plus_c0y1x1 vcr pwl(1) select_cell0_node2_edge1_avg 0 0.4,1e+09 0.6,100
gsw2_c0y1x1_in1_c0y1x1 m2_c0y1x1_in1_c0y1x1 plus_c0y1x1 vcr pwl(1) select_cell0_node2_edge1_avg 0 0.4,1e+09 0.6,100
gsw3_c0y0x0_in1_c0y0x0 m3_c0y0x0_in1_c0y0x0 plus_c0y0x0 vcr pwl(1) select_cell0_node2_edge1_skip 0 0.4,1e+09 0.6,100
gsw3_c0y0x1_in1_c0y0x1 m3_c0y0x1_in1_c0y0x1 plus_c0y0x1 vcr pwl(1) select_cell0_node2_edge1_skip 0 0.4,1e+09 0.6,100
gsw3_c0y1x0_in1_c0y1x0 m3_c0y1x0_in1_c0y1x0 plus_c0y1x0 vcr pwl(1) select_cell0_node2_edge1_skip 0 0.4,1e+09 0.6,100
gsw3_c0y1x1_in1_c0y1x1 m3_c0y1x1_in1_c0y1x1 plus_c0y1x1 vcr pwl(1) select_cell0_node2_edge1_skip 0 0.4,1e+09 0.6,100
gsw4_c0y0x0_in2_c0y0x0 m4_c0y0x0_in2_c0y0x0 plus_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_max 0 0.4,1e+09 0.6,100
gsw4_c0y0x1_in2_c0y0x1 m4_c0y0x1_in2_c0y0x1 plus_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_max 0 0.4,1e+09 0.6,100
gsw4_c0y1x0_in2_c0y1x0 m4_c0y1x0_in2_c0y1x0 plus_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_max 0 0.4,1e+09 0.6,100
gsw4_c0y1x1_in2_c0y1x1 m4_c0y1x1_in2_c0y1x1 plus_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_max 0 0.4,1e+09 0.6,100
gswp5_c0y0x0_in3_c0y0x0 mp5_c0y0x0_in3_c0y0x0 plus_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gswp5_c0y0x1_in3_c0y0x1 mp5_c0y0x1_in3_c0y0x1 plus_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gswp5_c0y1x0_in3_c0y1x0 mp5_c0y1x0_in3_c0y1x0 plus_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gswp5_c0y1x1_in3_c0y1x1 mp5_c0y1x1_in3_c0y1x1 plus_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gswm5_c0y0x0_in3_c0y0x0 mm5_c0y0x0_in3_c0y0x0 minus_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gswm5_c0y0x1_in3_c0y0x1 mm5_c0y0x1_in3_c0y0x1 minus_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gswm5_c0y1x0_in3_c0y1x0 mm5_c0y1x0_in3_c0y1x0 minus_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gswm5_c0y1x1_in3_c0y1x1 mm5_c0y1x1_in3_c0y1x1 minus_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gswp6_c0y0x0_bias0 mp6_c0y0x0_bias0 plus_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gswp6_c0y0x0_bias1 mp6_c0y0x0_bias1 plus_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gswp6_c0y0x1_bias0 mp6_c0y0x1_bias0 plus_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gswp6_c0y0x1_bias1 mp6_c0y0x1_bias1 plus_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gswp6_c0y1x0_bias0 mp6_c0y1x0_bias0 plus_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gswp6_c0y1x0_bias1 mp6_c0y1x0_bias1 plus_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gswp6_c0y1x1_bias0 mp6_c0y1x1_bias0 plus_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gswp6_c0y1x1_bias1 mp6_c0y1x1_bias1 plus_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gswm6_c0y0x0_bias0 mm6_c0y0x0_bias0 minus_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gswm6_c0y0x0_bias1 mm6_c0y0x0_bias1 minus_c0y0x0 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gswm6_c0y0x1_bias0 mm6_c0y0x1_bias0 minus_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gswm6_c0y0x1_bias1 mm6_c0y0x1_bias1 minus_c0y0x1 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gswm6_c0y1x0_bias0 mm6_c0y1x0_bias0 minus_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gswm6_c0y1x0_bias1 mm6_c0y1x0_bias1 minus_c0y1x0 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gswm6_c0y1x1_bias0 mm6_c0y1x1_bias0 minus_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gswm6_c0y1x1_bias1 mm6_c0y1x1_bias1 minus_c0y1x1 vcr pwl(1) select_cell0_node2_edge0_conv 0 0.4,1e+09 0.6,100
gsw7_c0y0x0_in5_c0y0x0 m7_c0y0x0_in5_c0y0x0 plus_c0y0x0 vcr pwl(1) select_cell0_node2_edge1_max 0 0.4,1e+09 0.6,100
gsw7_c0y0x1_in5_c0y0x1 m7_c0y0x1_in5_c0y0x1 plus_c0y0x1 vcr pwl(1) select_cell0_node2_edge1_max 0 0.4,1e+09 0.6,100
gsw7_c0y1x0_in5_c0y1x0 m7_c0y1x0_in5_c0y1x0 plus_c0y1x0 vcr pwl(1) select_cell0_node2_edge1_max 0 0.4,1e+09 0.6,100
gsw7_c0y1x1_in5_c0y1x1 m7_c0y1x1_in5_c0y1x1 plus_c0y1x1 vcr pwl(1) select_cell0_node2_edge1_max 0 0.4,1e+09 0.6,100
gswp8_c0y0x0_in6_c0y0x0 mp8_c0y0x0_in6_c0y0x0 plus_c0y0x0 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
gswp8_c0y0x1_in6_c0y0x1 mp8_c0y0x1_in6_c0y0x1 plus_c0y0x1 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
gswp8_c0y1x0_in6_c0y1x0 mp8_c0y1x0_in6_c0y1x0 plus_c0y1x0 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
gswp8_c0y1x1_in6_c0y1x1 mp8_c0y1x1_in6_c0y1x1 plus_c0y1x1 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
gswm8_c0y0x0_in6_c0y0x0 mm8_c0y0x0_in6_c0y0x0 minus_c0y0x0 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
gswm8_c0y0x1_in6_c0y0x1 mm8_c0y0x1_in6_c0y0x1 minus_c0y0x1 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
gswm8_c0y1x0_in6_c0y1x0 mm8_c0y1x0_in6_c0y1x0 minus_c0y1x0 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
gswm8_c0y1x1_in6_c0y1x1 mm8_c0y1x1_in6_c0y1x1 minus_c0y1x1 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
gswp9_c0y0x0_bias0 mp9_c0y0x0_bias0 plus_c0y0x0 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
gswp9_c0y0x0_bias1 mp9_c0y0x0_bias1 plus_c0y0x0 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
gswp9_c0y0x1_bias0 mp9_c0y0x1_bias0 plus_c0y0x1 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
gswp9_c0y0x1_bias1 mp9_c0y0x1_bias1 plus_c0y0x1 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
gswp9_c0y1x0_bias0 mp9_c0y1x0_bias0 plus_c0y1x0 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
gswp9_c0y1x0_bias1 mp9_c0y1x0_bias1 plus_c0y1x0 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
gswp9_c0y1x1_bias0 mp9_c0y1x1_bias0 plus_c0y1x1 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
gswp9_c0y1x1_bias1 mp9_c0y1x1_bias1 plus_c0y1x1 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
gswm9_c0y0x0_bias0 mm9_c0y0x0_bias0 minus_c0y0x0 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
gswm9_c0y0x0_bias1 mm9_c0y0x0_bias1 minus_c0y0x0 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
gswm9_c0y0x1_bias0 mm9_c0y0x1_bias0 minus_c0y0x1 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
gswm9_c0y0x1_bias1 mm9_c0y0x1_bias1 minus_c0y0x1 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
gswm9_c0y1x0_bias0 mm9_c0y1x0_bias0 minus_c0y1x0 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
gswm9_c0y1x0_bias1 mm9_c0y1x0_bias1 minus_c0y1x0 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
gswm9_c0y1x1_bias0 mm9_c0y1x1_bias0 minus_c0y1x1 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
gswm9_c0y1x1_bias1 mm9_c0y1x1_bias1 minus_c0y1x1 vcr pwl(1) select_cell0_node2_edge1_conv 0 0.4,1e+09 0.6,100
xa_c0y0x0 0 plus_c0y0x0 middle_c0y0x0 vclp vcln opamp
xb_c0y0x0 0 minus_c0y0x0 out_c0y0x0 vclp vcln opamp
xa_c0y0x1 0 plus_c0y0x1 middle_c0y0x1 vclp vcln opamp
xb_c0y0x1 0 minus_c0y0x1 out_c0y0x1 vclp vcln opamp
xa_c0y1x0 0 plus_c0y1x0 middle_c0y1x0 vclp vcln opamp
xb_c0y1x0 0 minus_c0y1x0 out_c0y1x0 vclp vcln opamp
xa_c0y1x1 0 plus_c0y1x1 middle_c0y1x1 vclp vcln opamp
xb_c0y1x1 0 minus_c0y1x1 out_c0y1x1 vclp vcln opamp
xf_c0y0x0 out_c0y0x0 relu_c0y0x0 relu_c0y0x0 vclp vcln select_cell0_node2_rectified opamp_rectified_gated
xf_c0y0x1 out_c0y0x1 relu_c0y0x1 relu_c0y0x1 vclp vcln select_cell0_node2_rectified opamp_rectified_gated
xf_c0y1x0 out_c0y1x0 relu_c0y1x0 relu_c0y1x0 vclp vcln select_cell0_node2_rectified opamp_rectified_gated
xf_c0y1x1 out_c0y1x1 relu_c0y1x1 relu_c0y1x1 vclp vcln select_cell0_node2_rectified opamp_rectified_gated
