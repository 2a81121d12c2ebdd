* memnet block global_pool (average)
* reads node2 as in0
* drives global_pool as out
.subckt global_pool
+ in0_c0y0x0 in0_c0y0x1 in0_c0y1x0 in0_c0y1x1 in0_c1y0x0 in0_c1y0x1 in0_c1y1x0 in0_c1y1x1
+ out_c0 out_c1 vclp vcln
.include "conductances_global_pool.sp"
xa_c0 0 sum_c0 out_c0 vclp vcln opamp
xa_c1 0 sum_c1 out_c1 vclp vcln opamp
.ends global_pool
