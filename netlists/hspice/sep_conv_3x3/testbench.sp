* memnet testbench of sep_conv_3x3: 2 images, dc
.option pivrel=0.5 reltol=1e-05 absi=1e-15 absv=1e-09 gmin=1e-15 gmindc=1e-15 post=2 ingold=2 numdgt=10
.include "network.sp"
.include "stimuli.sp"
vclp vclp 0 0.77
vcln vcln 0 -0.77
vbias bias 0 0.16
xnetwork
+ input_c0y0x0 input_c0y0x1 input_c0y1x0 input_c0y1x1 classifier_c0 classifier_c1 bias vclp
+ vcln
+ network
.dc data=images
.print dc
+ v(classifier_c0)
+ v(classifier_c1)
.end
