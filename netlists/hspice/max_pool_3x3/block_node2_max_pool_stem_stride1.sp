* memnet block node2/max_pool-stem-stride1 (max_pool)
* reads stem as in0
* drives node2/max_pool-stem-stride1 as out
.subckt node2_max_pool_stem_stride1
+ in0_c0y0x0 in0_c0y0x1 in0_c0y1x0 in0_c0y1x1 in0_c1y0x0 in0_c1y0x1 in0_c1y1x0 in0_c1y1x1
+ out_c0y0x0 out_c0y0x1 out_c0y1x0 out_c0y1x1 out_c1y0x0 out_c1y0x1 out_c1y1x0 out_c1y1x1
+ vclp vcln
xs_row1_larger_0 in0_c0y0x0 in0_c0y0x1 row1_decision_0 row1_larger_0 selector
xs_row1_larger_1 in0_c0y1x0 in0_c0y1x1 row1_decision_1 row1_larger_1 selector
xs_row1_larger_2 in0_c1y0x0 in0_c1y0x1 row1_decision_2 row1_larger_2 selector
xs_row1_larger_3 in0_c1y1x0 in0_c1y1x1 row1_decision_3 row1_larger_3 selector
xs_column1_larger_0 row1_larger_0 row1_larger_1 column1_decision_0 column1_larger_0 selector
xs_column1_larger_1 row1_larger_0 row1_larger_1 column1_decision_1 column1_larger_1 selector
xs_column1_larger_2 row1_larger_2 row1_larger_3 column1_decision_2 column1_larger_2 selector
xs_column1_larger_3 row1_larger_2 row1_larger_3 column1_decision_3 column1_larger_3 selector
xf_c0y0x0 column1_larger_0 out_c0y0x0 out_c0y0x0 vclp vcln opamp
xf_c0y0x1 column1_larger_1 out_c0y0x1 out_c0y0x1 vclp vcln opamp
xf_c0y1x0 column1_larger_0 out_c0y1x0 out_c0y1x0 vclp vcln opamp
xf_c0y1x1 column1_larger_1 out_c0y1x1 out_c0y1x1 vclp vcln opamp
xf_c1y0x0 column1_larger_2 out_c1y0x0 out_c1y0x0 vclp vcln opamp
xf_c1y0x1 column1_larger_3 out_c1y0x1 out_c1y0x1 vclp vcln opamp
xf_c1y1x0 column1_larger_2 out_c1y1x0 out_c1y1x0 vclp vcln opamp
xf_c1y1x1 column1_larger_3 out_c1y1x1 out_c1y1x1 vclp vcln opamp
.ends node2_max_pool_stem_stride1
