* memnet conductances of block classifier: 8 memristors, 6 resistors (scale and feedback)
rp0_c0_in0_c0 in0_c0 plus_c0 1.000000000e+06
rp0_c0_in0_c1 in0_c1 plus_c0 1.079639273e+04
rp0_c1_in0_c0 in0_c0 plus_c1 1.000000000e+04
rp0_c1_in0_c1 in0_c1 plus_c1 1.000000000e+06
rm0_c0_in0_c0 in0_c0 minus_c0 1.000000000e+04
rm0_c0_in0_c1 in0_c1 minus_c0 1.000000000e+06
rm0_c1_in0_c0 in0_c0 minus_c1 1.000000000e+06
rm0_c1_in0_c1 in0_c1 minus_c1 1.079639273e+04
rfa_c0 plus_c0 middle_c0 4.273414272e+04
rsm_c0 middle_c0 minus_c0 4.273200573e+04
rfb_c0 minus_c0 out_c0 4.273470480e+04
rfa_c1 plus_c1 middle_c1 1.894613226e+04
rsm_c1 middle_c1 minus_c1 1.894558027e+04
rfb_c1 minus_c1 out_c1 1.894629525e+04
