* memnet: op-amp macro-models, selector and device models of technology hfox-130nm
* op-amp: gain 100000, GBW 100000000 Hz, saturation +-0.8 V, offset 0 V, no slew limit (dc)
.model dclamp d(is=1e-14 n=0.05 eg=0.1 xti=-2.70636771)
.model srect sw(vt=0 vh=5e-14 ron=0.005 roff=1e+12)
.model sselect sw(vt=-2e-08 vh=1e-08 ron=100 roff=1e+09)
* vclp and vcln are clamp rails, apart from the supplies, so that clamp current is no supply power
.subckt opamp inp inn out vclp vcln
g1 0 x1 inp inn 0.001
r1 x1 0 100000000
c1 x1 0 1.59154943e-12
d1p x1 vclp dclamp
d1n vcln x1 dclamp
e1 out 0 x1 0 1
.ends opamp
* an op-amp whose output stage cannot go below 0 V: it rectifies
.subckt opamp_rectified inp inn out vclp vcln
g1 0 x1 inp inn 0.001
r1 x1 0 100000000
c1 x1 0 1.59154943e-12
d1p x1 vclp dclamp
d1n vcln x1 dclamp
s1 0 x1 0 x1 srect
e1 out 0 x1 0 1
.ends opamp_rectified
* out = max(first, second)
.subckt selector first second decision out
gc1 0 decision first second 1e-06
rc1 decision 0 1e+06
cc1 decision 0 5e-15
s1p first out decision 0 sselect
s1n second out 0 decision sselect
.ends selector
