* memnet conductances of block classifier: 8 memristors, 6 resistors (scale and feedback)
rp0_c0_in0_c0 in0_c0 plus_c0 1.000000000e+06
rp0_c0_in0_c1 in0_c1 plus_c0 1.000000000e+04
rp0_c1_in0_c0 in0_c0 plus_c1 2.416832528e+04
rp0_c1_in0_c1 in0_c1 plus_c1 1.000000000e+06
rm0_c0_in0_c0 in0_c0 minus_c0 2.416832528e+04
rm0_c0_in0_c1 in0_c1 minus_c0 1.000000000e+06
rm0_c1_in0_c0 in0_c0 minus_c1 1.000000000e+06
rm0_c1_in0_c1 in0_c1 minus_c1 1.000000000e+04
rfa_c0 plus_c0 middle_c0 4.321732818e+04
rsm_c0 middle_c0 minus_c0 4.321500972e+04
rfb_c0 minus_c0 out_c0 4.321666546e+04
rfa_c1 plus_c1 middle_c1 7.988197021e+03
rsm_c1 middle_c1 minus_c1 7.988090099e+03
rfb_c1 minus_c1 out_c1 7.988314313e+03
