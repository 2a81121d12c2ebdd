* memnet block global_pool (average)
* reads node2 as in0
* drives global_pool as out
xa_c0 0 sum_c0 out_c0 vclp vcln opamp
xa_c1 0 sum_c1 out_c1 vclp vcln opamp
