#' Write matrices as a table that isard reads
#'
#' @param folder Folder to write, which must not be there yet.
#' @param Z Flows between sectors (n x n), rows sell.
#' @param Y Final demand by region (n x R) in the order of `unique(regions)`, with or without further columns for other destinations.
#' @param regions,sectors Region and sector of each of the n rows.
#' @param emissions Emissions by row (n), or a matrix with one named column for each stressor; nothing without emissions.
#' @param money,unit Units of flows and of emissions.
#' @param name Name of the table.
#' @return `folder`, invisibly. Output is the sum of what a row sells, value added what a column leaves over.
#' @examples
#' Z <- matrix(c(10, 4, 5, 20), 2)
#' Y <- matrix(c(30, 6, 5, 40), 2)
#' folder <- tempfile()
#' write_table(folder, Z, Y, regions = c("a", "b"), sectors = c("all", "all"), emissions = c(7, 9))
#' list.files(folder)
#' @export
write_table <- function(folder, Z, Y, regions, sectors, emissions = NULL, money = "million USD", unit = "Mt", name = "table from R") {
  n <- length(regions)
  places <- unique(regions)
  stopifnot(
    "a folder that is not there yet" = !file.exists(folder), "Z is n x n, one row for each region and sector" = identical(dim(Z), c(n, n)),
    "Y has a row for each sector and a column for each region" = identical(dim(Y), c(n, length(places))),
    "as many sectors as regions, row by row" = length(sectors) == n, "Z and Y are finite numbers" = all(is.finite(Z), is.finite(Y))
  )
  dir.create(folder, recursive = TRUE)
  digits <- function(v) format(v, digits = 17, trim = TRUE, scientific = NA)
  put <- function(file, columns) {
    cells <- lapply(columns, function(column) paste0("\"", gsub("\"", "\"\"", enc2utf8(as.character(column)), fixed = TRUE), "\""))
    lines <- c(paste(names(columns), collapse = ","), if (length(cells[[1]])) do.call(paste, c(unname(cells), sep = ",")))
    writeLines(lines, file.path(folder, file), useBytes = TRUE)
  }
  lines <- c("format = 1", paste("name =", quoted(name)), paste("unit =", quoted(money)))
  writeLines(enc2utf8(lines), file.path(folder, "table.toml"), useBytes = TRUE)
  put("sectors.csv", list(region = regions, sector = sectors))
  at <- which(Z != 0, arr.ind = TRUE)
  put("flows.csv", list(
    from_region = regions[at[, 1]], from_sector = sectors[at[, 1]], to_region = regions[at[, 2]], to_sector = sectors[at[, 2]], value = digits(Z[at])
  ))
  put("categories.csv", list(region = places, category = rep("final demand", length(places))))
  at <- which(Y != 0, arr.ind = TRUE)
  put("demand.csv", list(
    region = regions[at[, 1]], sector = sectors[at[, 1]], to_region = places[at[, 2]], category = rep("final demand", nrow(at)), value = digits(Y[at])
  ))
  output <- rowSums(Z) + rowSums(Y)
  put("columns.csv", list(region = regions, sector = sectors, output = digits(output)))
  put("value_added.csv", list(region = regions, sector = sectors, item = rep("value added", n), value = digits(output - colSums(Z))))
  if (!is.null(emissions)) {
    emissions <- as.matrix(emissions)
    stopifnot("one row of emissions for each region and sector" = nrow(emissions) == n, "emissions are finite numbers" = all(is.finite(emissions)))
    stressors <- if (is.null(colnames(emissions))) paste0("CO2", if (ncol(emissions) > 1) seq_len(ncol(emissions)) else "") else colnames(emissions)
    put("emissions.csv", list(
      region = rep(regions, length(stressors)), sector = rep(sectors, length(stressors)), stressor = rep(stressors, each = n),
      unit = rep(unit, n * length(stressors)), value = digits(as.vector(emissions))
    ))
  }
  invisible(folder)
}

# A string of TOML.
quoted <- function(text) {
  text <- gsub("\\", "\\\\", enc2utf8(text), fixed = TRUE)
  paste0("\"", gsub("\"", "\\\"", text, fixed = TRUE), "\"")
}
