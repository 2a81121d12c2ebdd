* memnet testbench of dil_conv_3x3: 2 images, dc
.options klu pivrel=0.5 reltol=1e-05 abstol=1e-15 vntol=1e-09 gmin=1e-15
.include "network.sp"
.include "stimuli.sp"
vclp vclp 0 0.77
vcln vcln 0 -0.77
vbias bias 0 0.16
xnetwork
+ input_c0y0x0 input_c0y0x1 input_c0y1x0 input_c0y1x1 classifier_c0 classifier_c1 bias vclp
+ vcln
+ network
.dc vimage 0 1 1
.save v(classifier_c0)
.save v(classifier_c1)
.control
set wr_singlescale
set wr_vecnames
set numdgt=9
run
wrdata outputs.txt v(classifier_c0) v(classifier_c1)
.endc
.end
