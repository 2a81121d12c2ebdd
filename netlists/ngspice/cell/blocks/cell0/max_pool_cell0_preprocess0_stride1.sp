* memnet block cell0/max_pool-cell0.preprocess0-stride1 (max_pool)
* reads cell0/preprocess0 as in0
* drives cell0/max_pool-cell0.preprocess0-stride1 as out
xs_row1_larger_0 in0_c0y0x0 in0_c0y0x1 row1_decision_0 row1_larger_0 selector
xs_row1_larger_1 in0_c0y1x0 in0_c0y1x1 row1_decision_1 row1_larger_1 selector
xs_column1_larger_0 row1_larger_0 row1_larger_1 column1_decision_0 column1_larger_0 selector
xs_column1_larger_1 row1_larger_0 row1_larger_1 column1_decision_1 column1_larger_1 selector
xf_c0y0x0 column1_larger_0 out_c0y0x0 out_c0y0x0 vclp vcln opamp
xf_c0y0x1 column1_larger_1 out_c0y0x1 out_c0y0x1 vclp vcln opamp
xf_c0y1x0 column1_larger_0 out_c0y1x0 out_c0y1x0 vclp vcln opamp
xf_c0y1x1 column1_larger_1 out_c0y1x1 out_c0y1x1 vclp vcln opamp
