library(testthat)
library(isardr)

test_check("isardr")
