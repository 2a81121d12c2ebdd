* memnet block cell0/max_pool-state0 (max_pool)
* reads cell0/preprocess0 as in0
* drives cell0/max_pool-state0 as out
.subckt cell0_max_pool_state0
+ in0_c0y0x0 in0_c0y0x1 in0_c0y1x0 in0_c0y1x1 out_c0y0x0 out_c0y0x1 out_c0y1x0 out_c0y1x1
+ vclp vcln select_cell0_max_pool_state0_on
xs_row1_larger_0 in0_c0y0x0 in0_c0y0x1 row1_decision_0 row1_larger_0 vclp select_cell0_max_pool_state0_on selector_gated
xs_row1_larger_1 in0_c0y1x0 in0_c0y1x1 row1_decision_1 row1_larger_1 vclp select_cell0_max_pool_state0_on selector_gated
xs_column1_larger_0 row1_larger_0 row1_larger_1 column1_decision_0 column1_larger_0 vclp select_cell0_max_pool_state0_on selector_gated
xs_column1_larger_1 row1_larger_0 row1_larger_1 column1_decision_1 column1_larger_1 vclp select_cell0_max_pool_state0_on selector_gated
ew_c0y0x0 out_c0y0x0 0 column1_larger_0 0 1
ew_c0y0x1 out_c0y0x1 0 column1_larger_1 0 1
ew_c0y1x0 out_c0y1x0 0 column1_larger_0 0 1
ew_c0y1x1 out_c0y1x1 0 column1_larger_1 0 1
.ends cell0_max_pool_state0
