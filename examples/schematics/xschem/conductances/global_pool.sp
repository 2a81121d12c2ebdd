* memnet conductances of block global_pool: 0 memristors, 10 resistors (scale and feedback)
rs0_c0_in0_c0y0x0 in0_c0y0x0 sum_c0 2.397742696e+04
rs0_c0_in0_c0y0x1 in0_c0y0x1 sum_c0 2.397742696e+04
rs0_c0_in0_c0y1x0 in0_c0y1x0 sum_c0 2.397742696e+04
rs0_c0_in0_c0y1x1 in0_c0y1x1 sum_c0 2.397742696e+04
rs0_c1_in0_c1y0x0 in0_c1y0x0 sum_c1 2.397742696e+04
rs0_c1_in0_c1y0x1 in0_c1y0x1 sum_c1 2.397742696e+04
rs0_c1_in0_c1y1x0 in0_c1y1x0 sum_c1 2.397742696e+04
rs0_c1_in0_c1y1x1 in0_c1y1x1 sum_c1 2.397742696e+04
rfa_c0 sum_c0 out_c0 1.000026683e+04
rfa_c1 sum_c1 out_c1 1.000026683e+04
