* memnet block classifier (crossbar)
* reads global_pool as in0
* reads bias as bias
* drives classifier as out
* plus: virtual grounds of the plus columns
* middle: outputs of the first amplifiers
* minus: virtual grounds of the minus columns
xa_c0 0 plus_c0 middle_c0 vclp vcln opamp
xb_c0 0 minus_c0 out_c0 vclp vcln opamp
xa_c1 0 plus_c1 middle_c1 vclp vcln opamp
xb_c1 0 minus_c1 out_c1 vclp vcln opamp
