* memnet max_pool_3x3
* dialect ngspice: run in ngspice 46 and neospice, small exports in ngspice 39.3 too, and compared with the numeric reference
* technology hfox-130nm: HfOx 1T1R crossbars on 130 nm CMOS, op-amps of 100 MHz and 10 uA on +-0.9 V
* memristors: 2^8 levels from 1e-06 S to 0.0001 S; bias rail 0.16 V
.include "models.sp"
.include "block_stem.sp"
.include "block_node2_max_pool_stem_stride1.sp"
.include "block_node2.sp"
.include "block_global_pool.sp"
.include "block_classifier.sp"
.subckt network
+ input_c0y0x0 input_c0y0x1 input_c0y1x0 input_c0y1x1 classifier_c0 classifier_c1 bias vclp
+ vcln
xstem
+ input_c0y0x0 input_c0y0x1 input_c0y1x0 input_c0y1x1 bias stem_c0y0x0 stem_c0y0x1 stem_c0y1x0
+ stem_c0y1x1 stem_c1y0x0 stem_c1y0x1 stem_c1y1x0 stem_c1y1x1 vclp vcln
+ stem
xnode2_max_pool_stem_stride1
+ stem_c0y0x0 stem_c0y0x1 stem_c0y1x0 stem_c0y1x1 stem_c1y0x0 stem_c1y0x1 stem_c1y1x0 stem_c1y1x1
+ node2_max_pool_stem_stride1_c0y0x0 node2_max_pool_stem_stride1_c0y0x1 node2_max_pool_stem_stride1_c0y1x0 node2_max_pool_stem_stride1_c0y1x1 node2_max_pool_stem_stride1_c1y0x0 node2_max_pool_stem_stride1_c1y0x1 node2_max_pool_stem_stride1_c1y1x0 node2_max_pool_stem_stride1_c1y1x1
+ vclp vcln
+ node2_max_pool_stem_stride1
xnode2
+ node2_max_pool_stem_stride1_c0y0x0 node2_max_pool_stem_stride1_c0y0x1 node2_max_pool_stem_stride1_c0y1x0 node2_max_pool_stem_stride1_c0y1x1 node2_max_pool_stem_stride1_c1y0x0 node2_max_pool_stem_stride1_c1y0x1 node2_max_pool_stem_stride1_c1y1x0 node2_max_pool_stem_stride1_c1y1x1
+ node2_c0y0x0 node2_c0y0x1 node2_c0y1x0 node2_c0y1x1 node2_c1y0x0 node2_c1y0x1 node2_c1y1x0 node2_c1y1x1
+ vclp vcln
+ node2
xglobal_pool
+ node2_c0y0x0 node2_c0y0x1 node2_c0y1x0 node2_c0y1x1 node2_c1y0x0 node2_c1y0x1 node2_c1y1x0 node2_c1y1x1
+ global_pool_c0 global_pool_c1 vclp vcln
+ global_pool
xclassifier
+ global_pool_c0 global_pool_c1 bias classifier_c0 classifier_c1 vclp vcln
+ classifier
.ends network
