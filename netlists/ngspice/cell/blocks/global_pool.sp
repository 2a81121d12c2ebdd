* memnet block global_pool (average)
* reads cell0/node2 as in0
* reads cell0/node3 as in1
* reads cell0/node4 as in2
* reads cell0/node5 as in3
* drives global_pool as out
xa_c0 0 sum_c0 out_c0 vclp vcln opamp
xa_c1 0 sum_c1 out_c1 vclp vcln opamp
xa_c2 0 sum_c2 out_c2 vclp vcln opamp
xa_c3 0 sum_c3 out_c3 vclp vcln opamp
