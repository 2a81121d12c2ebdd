* memnet conductances of block classifier: 8 memristors, 6 resistors (scale and feedback)
rp0_c0_in0_c0 in0_c0 plus_c0 1.000000000e+06
rp0_c0_in0_c1 in0_c1 plus_c0 5.910987483e+04
rp0_c1_in0_c0 in0_c0 plus_c1 3.868912153e+04
rp0_c1_in0_c1 in0_c1 plus_c1 1.000000000e+06
rm0_c0_in0_c0 in0_c0 minus_c0 1.000000000e+04
rm0_c0_in0_c1 in0_c1 minus_c0 1.000000000e+06
rm0_c1_in0_c0 in0_c0 minus_c1 1.000000000e+06
rm0_c1_in0_c1 in0_c1 minus_c1 1.000000000e+04
rfa_c0 plus_c0 middle_c0 6.786075735e+03
rsm_c0 middle_c0 minus_c0 6.785999624e+03
rfb_c0 minus_c0 out_c0 6.786181857e+03
rfa_c1 plus_c1 middle_c1 2.932728455e+03
rsm_c1 middle_c1 minus_c1 2.932696819e+03
rfb_c1 minus_c1 out_c1 2.932764160e+03
