#' Emissions by region of origin and final destination
#'
#' @inheritParams isard
#' @return An `isard_result` with the tibble `flows`: emissions of `region` for the final demand of `destination`.
#' @examples
#' \dontrun{
#' flows()$flows
#' flows("wiot_2011.npz", stressor = "CO2", method = "gmres")
#' }
#' @export
flows <- function(table = character(), ...) isard("flows", table, ...)

#' Production, consumption, import and export accounts
#'
#' @inheritParams isard
#' @return An `isard_result` with the tibbles `D_pba`, `D_cba`, `D_imp`, `D_exp` by sector, and with `_reg` by region, as pymrio names them.
#' @examples
#' \dontrun{
#' accounts()$D_cba_reg
#' }
#' @export
accounts <- function(table = character(), ...) isard("accounts", table, ...)

#' Exports or emissions by origin, route and final use
#'
#' @inheritParams isard
#' @param scheme `"kww"`, `"wwz"`, `"borin-mancini-source"`, `"borin-mancini-sink"`, `"eebt"`, `"extraction"` or `"routes"`.
#' @return An `isard_result` with the tibble `decomposition`.
#' @examples
#' \dontrun{
#' decompose(scheme = "kww")$decomposition
#' }
#' @export
decompose <- function(table = character(), scheme = "kww", ...) isard("decompose", table, scheme = scheme, ...)

#' Responsibility by principle
#'
#' @inheritParams isard
#' @return An `isard_result` with the tibble `responsibility`: each region under each principle.
#' @examples
#' \dontrun{
#' responsibility(all_principles = TRUE)$responsibility
#' }
#' @export
responsibility <- function(table = character(), ...) isard("responsibility", table, ...)

#' Who pays whom how much
#'
#' @inheritParams isard
#' @return An `isard_result` with the tibbles `payments` (from `region` to `receiver`) and `net` by region.
#' @examples
#' \dontrun{
#' compensate(price = 100)$net
#' }
#' @export
compensate <- function(table = character(), ...) isard("compensate", table, ...)
