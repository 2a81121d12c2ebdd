* memnet dil_conv_3x3
* dialect ngspice: run in ngspice 46 and neospice, small exports in ngspice 39.3 too, and compared with the numeric reference
* technology hfox-130nm: HfOx 1T1R crossbars on 130 nm CMOS, op-amps of 100 MHz and 10 uA on +-0.9 V
* memristors: 2^8 levels from 1e-06 S to 0.0001 S; bias rail 0.16 V
.include "models.sp"
.subckt stem
+ in0_c0y0x0 in0_c0y0x1 in0_c0y1x0 in0_c0y1x1 bias relu_c0y0x0 relu_c0y0x1 relu_c0y1x0
+ relu_c0y1x1 relu_c1y0x0 relu_c1y0x1 relu_c1y1x0 relu_c1y1x1 vclp vcln
.include "conductances/stem.sp"
.include "blocks/stem.sp"
.ends stem
.subckt node2_edge0_dil_conv_3x3_dw
+ in0_c0y0x0 in0_c0y0x1 in0_c0y1x0 in0_c0y1x1 in0_c1y0x0 in0_c1y0x1 in0_c1y1x0 in0_c1y1x1
+ out_c0y0x0 out_c0y0x1 out_c0y1x0 out_c0y1x1 out_c1y0x0 out_c1y0x1 out_c1y1x0 out_c1y1x1
+ vclp vcln
.include "conductances/node2/edge0_dil_conv_3x3_dw.sp"
.include "blocks/node2/edge0_dil_conv_3x3_dw.sp"
.ends node2_edge0_dil_conv_3x3_dw
.subckt node2
+ in0_c0y0x0 in0_c0y0x1 in0_c0y1x0 in0_c0y1x1 in0_c1y0x0 in0_c1y0x1 in0_c1y1x0 in0_c1y1x1
+ bias out_c0y0x0 out_c0y0x1 out_c0y1x0 out_c0y1x1 out_c1y0x0 out_c1y0x1 out_c1y1x0
+ out_c1y1x1 vclp vcln
.include "conductances/node2.sp"
.include "blocks/node2.sp"
.ends node2
.subckt global_pool
+ in0_c0y0x0 in0_c0y0x1 in0_c0y1x0 in0_c0y1x1 in0_c1y0x0 in0_c1y0x1 in0_c1y1x0 in0_c1y1x1
+ out_c0 out_c1 vclp vcln
.include "conductances/global_pool.sp"
.include "blocks/global_pool.sp"
.ends global_pool
.subckt classifier
+ in0_c0 in0_c1 bias out_c0 out_c1 vclp vcln
.include "conductances/classifier.sp"
.include "blocks/classifier.sp"
.ends classifier
.subckt network
+ input_c0y0x0 input_c0y0x1 input_c0y1x0 input_c0y1x1 classifier_c0 classifier_c1 bias vclp
+ vcln
xstem
+ input_c0y0x0 input_c0y0x1 input_c0y1x0 input_c0y1x1 bias stem_rectified_c0y0x0 stem_rectified_c0y0x1 stem_rectified_c0y1x0
+ stem_rectified_c0y1x1 stem_rectified_c1y0x0 stem_rectified_c1y0x1 stem_rectified_c1y1x0 stem_rectified_c1y1x1 vclp vcln
+ stem
xnode2_edge0_dil_conv_3x3_dw
+ stem_rectified_c0y0x0 stem_rectified_c0y0x1 stem_rectified_c0y1x0 stem_rectified_c0y1x1 stem_rectified_c1y0x0 stem_rectified_c1y0x1 stem_rectified_c1y1x0 stem_rectified_c1y1x1
+ node2_edge0_dil_conv_3x3_dw_c0y0x0 node2_edge0_dil_conv_3x3_dw_c0y0x1 node2_edge0_dil_conv_3x3_dw_c0y1x0 node2_edge0_dil_conv_3x3_dw_c0y1x1 node2_edge0_dil_conv_3x3_dw_c1y0x0 node2_edge0_dil_conv_3x3_dw_c1y0x1 node2_edge0_dil_conv_3x3_dw_c1y1x0 node2_edge0_dil_conv_3x3_dw_c1y1x1
+ vclp vcln
+ node2_edge0_dil_conv_3x3_dw
xnode2
+ node2_edge0_dil_conv_3x3_dw_c0y0x0 node2_edge0_dil_conv_3x3_dw_c0y0x1 node2_edge0_dil_conv_3x3_dw_c0y1x0 node2_edge0_dil_conv_3x3_dw_c0y1x1 node2_edge0_dil_conv_3x3_dw_c1y0x0 node2_edge0_dil_conv_3x3_dw_c1y0x1 node2_edge0_dil_conv_3x3_dw_c1y1x0 node2_edge0_dil_conv_3x3_dw_c1y1x1
+ bias node2_c0y0x0 node2_c0y0x1 node2_c0y1x0 node2_c0y1x1 node2_c1y0x0 node2_c1y0x1 node2_c1y1x0
+ node2_c1y1x1 vclp vcln
+ node2
xglobal_pool
+ node2_c0y0x0 node2_c0y0x1 node2_c0y1x0 node2_c0y1x1 node2_c1y0x0 node2_c1y0x1 node2_c1y1x0 node2_c1y1x1
+ global_pool_c0 global_pool_c1 vclp vcln
+ global_pool
xclassifier
+ global_pool_c0 global_pool_c1 bias classifier_c0 classifier_c1 vclp vcln
+ classifier
.ends network
