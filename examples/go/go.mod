module example/ccell

go 1.19
