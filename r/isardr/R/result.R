#' Any analysis of isard
#'
#' Runs a command of isard and reads its result. The other functions of this package are this one with the command filled in.
#'
#' @param command Name of a command: `"flows"`, `"linkages"`, `"structural"` and so on; `isard --help` lists them.
#' @param table Path of a table in any layout that isard reads, or several; nothing for the embedded SYNTHETIC table.
#' @param ... Options of the command, with underscores: `method = "gmres"`, `all_principles = TRUE`. Several values repeat an option.
#' @return A list of class `isard_result`: one tibble for each sheet, in long form, with columns for the parts of names (`region`,
#'   `sector`, `destination`, ...), `value`, `bound` (the value is off by no more, in arithmetic, for the table as it is given) and
#'   `unit`; further `certified`, `uncertified_because`, `stamp`, `notes`, and `object`, all that isard says of the result.
#' @examples
#' \dontrun{
#' found <- isard("linkages")
#' found$linkages
#' }
#' @export
isard <- function(command, table = character(), ...) {
  folder <- tempfile("isard")
  on.exit(unlink(folder, recursive = TRUE))
  certified <- run(c(command, as_options(list(...)), "--quiet", "--tidy", paste0("--output=", folder), "--", as.character(table)))
  result(folder, command, certified)
}

result <- function(folder, command, certified) {
  object <- jsonlite::read_json(file.path(folder, "result.json"), simplifyVector = TRUE)
  # strings are marked as UTF-8 and never turned into what the locale has
  cells <- utils::read.csv(file.path(folder, "tidy.csv"), check.names = FALSE, encoding = "UTF-8", colClasses = "character", na.strings = character())
  names(cells)[[1]] <- "sheet"
  sheets <- lapply(split(cells, factor(cells$sheet, unique(cells$sheet))), function(sheet) {
    sheet$sheet <- NULL
    for (column in intersect(c("value", "bound"), names(sheet))) {
      sheet[[column]] <- numbers(sheet[[column]])
    }
    used <- vapply(sheet, function(column) is.numeric(column) || any(nzchar(column)), logical(1))
    tibble::as_tibble(sheet[used])
  })
  about <- list(
    command = command, certified = certified, uncertified_because = object$uncertified_because, stamp = object$stamp,
    notes = object$notes, object = object
  )
  structure(c(sheets, about), sheets = names(sheets), class = "isard_result")
}

# Numbers where all that is there are numbers; an empty cell has none.
numbers <- function(column) {
  there <- nzchar(column)
  found <- rep(NA_real_, length(column))
  found[there] <- suppressWarnings(as.numeric(column[there]))
  if (anyNA(found[there])) column else found
}

#' @export
print.isard_result <- function(x, ...) {
  cat("<isard ", x$command, if (!is.null(x$stamp)) paste0(", ", x$stamp), if (x$certified) ", certified" else ", NOT certified", ">\n", sep = "")
  for (name in attr(x, "sheets")) {
    cat("  $", name, ": ", nrow(x[[name]]), " rows (", paste(names(x[[name]]), collapse = ", "), ")\n", sep = "")
  }
  if (length(x$uncertified_because)) cat(paste0("  not certified: ", x$uncertified_because, "\n"), sep = "")
  invisible(x)
}

#' Stop unless a result is certified
#'
#' @param result What a function of this package gave back.
#' @return The result, unchanged.
#' @examples
#' \dontrun{
#' flows() |> check()
#' }
#' @export
check <- function(result) {
  if (!isTRUE(result$certified)) {
    why <- c(result$uncertified_because, "see object$verdicts")
    stop(structure(class = c("isard_not_certified", "error", "condition"), list(message = paste(c("not certified:", why), collapse = "\n  "), call = NULL)))
  }
  result
}
