* memnet stimuli: 2 images on 4 input nets, in volts (0.062671617 V for 1 of the network's input)
* v(image) is the number of the image, swept by the testbench
vimage image 0 0
binput_c0y0x0 input_c0y0x0 0 v=pwl(v(image),
+ 0, -0.045474361, 1, -0.0745077321)
binput_c0y0x1 input_c0y0x1 0 v=pwl(v(image),
+ 0, -0.086697656, 1, -0.0317630005)
binput_c0y1x0 input_c0y1x0 0 v=pwl(v(image),
+ 0, -0.099205309, 1, -0.037371965)
binput_c0y1x1 input_c0y1x1 0 v=pwl(v(image),
+ 0, 0.0382534627, 1, -0.00329447746)
