* memnet stimuli: 2 images on 4 input nets, in volts (0.062671617 V for 1 of the network's input)
* one parameter an input net, one row of the table an image
.param
+ p_input_c0y0x0=0
+ p_input_c0y0x1=0
+ p_input_c0y1x0=0
+ p_input_c0y1x1=0
.data images
+ p_input_c0y0x0
+ p_input_c0y0x1
+ p_input_c0y1x0
+ p_input_c0y1x1
+ -0.045474361 -0.086697656 -0.099205309 0.0382534627
+ -0.0745077321 -0.0317630005 -0.037371965 -0.00329447746
.enddata
vinput_c0y0x0 input_c0y0x0 0 dc='p_input_c0y0x0'
vinput_c0y0x1 input_c0y0x1 0 dc='p_input_c0y0x1'
vinput_c0y1x0 input_c0y1x0 0 dc='p_input_c0y1x0'
vinput_c0y1x1 input_c0y1x1 0 dc='p_input_c0y1x1'
