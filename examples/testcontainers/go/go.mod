module example/ccell-testcontainers

go 1.25

require github.com/testcontainers/testcontainers-go v0.40.0
