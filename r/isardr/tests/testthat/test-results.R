skip_unless_there <- function() {
  skip_if(inherits(try(isard_program(), silent = TRUE), "try-error"), "the command isard is not there")
}

# A table small enough for paper, and its footprints by R's own solve.
drawn <- function(seed, regions = c("a", "b", "c"), m = 3) {
  set.seed(seed)
  n <- length(regions) * m
  Z <- matrix(runif(n * n, 0, 10), n)
  Y <- matrix(runif(n * length(regions), 20, 90), n)
  list(Z = Z, Y = Y, regions = rep(regions, each = m), sectors = rep(letters[seq_len(m)], length(regions)), f = runif(n, 1, 9))
}

by_hand <- function(t) {
  x <- rowSums(t$Z) + rowSums(t$Y)
  A <- t$Z %*% diag(1 / x)
  e <- t$f / x
  places <- unique(t$regions)
  X <- solve(diag(length(x)) - A, t$Y)
  rowsum(e * X, t$regions)[places, ]
}

test_that("flows of a table made in R are those of R's own solve, within the bounds", {
  skip_unless_there()
  for (seed in 1:3) {
    t <- drawn(seed)
    folder <- tempfile()
    write_table(folder, t$Z, t$Y, t$regions, t$sectors, t$f)
    found <- check(flows(folder))$flows
    expected <- by_hand(t)
    places <- unique(t$regions)
    for (s in seq_along(places)) {
      for (r in seq_along(places)) {
        cell <- found[found$region == places[s] & found$destination == places[r], ]
        expect_equal(nrow(cell), 1L)
        expect_lte(abs(cell$value - expected[s, r]), cell$bound + 1e-12 * expected[s, r])
      }
    }
  }
})

test_that("payments of the embedded table add up to nothing", {
  skip_unless_there()
  found <- compensate()
  expect_identical(found$stamp, "SYNTHETIC")
  net <- found$net
  net <- net[net$column == net$column[[1]], ]
  expect_true(nrow(net) >= 31)
  paid <- found$payments
  expect_true(all(paid$bound >= 0))
  expect_output(print(found), "payments")
})

test_that("an error keeps its place, its remedy and its code", {
  skip_unless_there()
  wrong <- tryCatch(flows("/nonexistent"), isard_error = identity)
  expect_s3_class(wrong, "isard_error")
  expect_identical(wrong$code, 2L)
  expect_match(conditionMessage(wrong), "/nonexistent")
  expect_match(conditionMessage(wrong), "help:")
  expect_error(flows(method = "nonsense"), "nonsense", class = "isard_error")
  expect_error(flows(character(), "x"), "name")
})

test_that("numbers and texts keep what they are", {
  expect_identical(isardr:::numbers(c("1e-3", "", "2")), c(1e-3, NA, 2))
  expect_identical(isardr:::numbers(c("a", "2")), c("a", "2"))
  expect_identical(isardr:::as_options(list(all_principles = TRUE, top = 3, x = NULL, carbon_price = 0.1)), c("--all-principles", "--top=3", "--carbon-price=0.10000000000000001"))
  expect_identical(isardr:::as_options(list(stressor = c("CO2", "CH4"))), c("--stressor=CO2", "--stressor=CH4"))
  expect_identical(isardr:::quoted("a\"b\\"), "\"a\\\"b\\\\\"")
})

test_that("tables with labels of any script and quotes survive", {
  skip_unless_there()
  t <- drawn(4, regions = c("\u7532\u5730", "a \"b\", c"), m = 2)
  folder <- tempfile()
  write_table(folder, t$Z, t$Y, t$regions, t$sectors, t$f)
  found <- flows(folder)$flows
  expect_setequal(intersect(unique(t$regions), found$region), unique(t$regions))
})

test_that("the nine terms of Koopman, Wang and Wei are decompr's", {
  skip_unless_there()
  place <- Sys.getenv("ISARD_DECOMPR")
  skip_if(!nzchar(place), "ISARD_DECOMPR names no folder with the example of decompr")
  read <- function(file) utils::read.csv(file.path(place, file), row.names = 1, check.names = FALSE)
  Z <- unname(as.matrix(read("Z.csv")))
  Y <- unname(as.matrix(read("Y.csv")))
  labels <- strsplit(rownames(read("Y.csv")), ".", fixed = TRUE)
  folder <- tempfile()
  write_table(folder, Z, Y, vapply(labels, `[[`, "", 1), vapply(labels, `[[`, "", 2))
  found <- check(decompose(folder, scheme = "kww"))$decomposition
  expected <- read("expected_kww9.csv")
  terms <- setdiff(names(expected), "Country")
  expect_length(terms, 9L)
  for (k in seq_len(nrow(expected))) {
    for (at in seq_along(terms)) {
      mine <- found$value[found$exporter == expected$Country[k]][at]
      expect_equal(mine, expected[k, terms[at]], tolerance = 1e-12)
    }
  }
})
