#' The command that this package runs
#'
#' The option `isardr.program`, the environment variable `ISARD`, or `isard` on the path, whichever comes first.
#'
#' @return The path of the command.
#' @examples
#' \dontrun{
#' isard_program()
#' }
#' @export
isard_program <- function() {
  named <- c(getOption("isardr.program", ""), Sys.getenv("ISARD"))
  named <- named[nzchar(named)]
  found <- if (length(named)) named[[1]] else unname(Sys.which("isard"))
  if (!nzchar(found) || !file.exists(found)) {
    what <- if (length(named)) paste0("there is no file ", named[[1]]) else "the command isard is not on the path"
    stop(structure(
      class = c("isard_missing", "error", "condition"),
      list(message = paste0(what, "; install it (cargo install --path .), or name it: options(isardr.program = \"/path/to/isard\")"), call = NULL)
    ))
  }
  normalizePath(found)
}

# An R list as options of the command: `method = "gmres"` is --method=gmres, TRUE a plain switch, several values the option repeated.
as_options <- function(given) {
  if (!length(given)) {
    return(character())
  }
  if (is.null(names(given)) || any(!nzchar(names(given)))) {
    stop("every option has a name, as in flows(table, method = \"gmres\")", call. = FALSE)
  }
  one <- function(name, values) {
    flag <- paste0("--", gsub("_", "-", name, fixed = TRUE))
    if (is.null(values) || identical(values, FALSE)) {
      return(character())
    }
    if (isTRUE(values)) {
      return(flag)
    }
    if (anyNA(values)) {
      stop(name, ": NA is no value", call. = FALSE)
    }
    said <- if (is.numeric(values)) vapply(values, function(v) format(v, digits = 17, scientific = NA, trim = TRUE), "") else as.character(values)
    paste0(flag, "=", said)
  }
  unlist(Map(one, names(given), given), use.names = FALSE)
}

# Runs the command; exit code 2 is an error with its message and its remedy.
run <- function(arguments) {
  said <- tempfile("isard")
  on.exit(unlink(said))
  code <- suppressWarnings(system2(isard_program(), shQuote(arguments), stdout = FALSE, stderr = said))
  if (!code %in% c(0L, 1L)) {
    lines <- readLines(said, encoding = "UTF-8", warn = FALSE)
    message <- sub("^error: ", "", paste(lines, collapse = "\n"))
    stop(structure(class = c("isard_error", "error", "condition"), list(message = message, call = NULL, code = code)))
  }
  code == 0L
}
