# Reference factor scores of ordered items (first 30 rows of each group): lavaan 0.6-14, R 4.2.
# Run in tests/reference, after ordered_conditional.R and missing_ordered.R: Rscript r/ordered_scores.R
# lavPredict's own function, because lavPredict itself would take minutes for all rows.
suppressMessages({library(lavaan); library(jsonlite)})
out <- list()
scores <- function(file, names) {
  reference <- fromJSON(paste0("missing_ordered/", file, ".json"), simplifyVector = TRUE)
  for (name in names) {
    own <- reference[[name]]
    call <- own$call
    names(call) <- gsub("_", ".", names(call), fixed = TRUE)
    call$group.equal <- if (length(unlist(call$group.equal))) unlist(call$group.equal)
    data <- read.csv(paste0("missing_ordered/", own$data, ".csv"))
    fit <- do.call("sem", c(list(model = own$model, data = data), call))
    rows <- lapply(fit@Data@X, function(x) x[1:30, , drop = FALSE])
    causes <- lapply(fit@Data@eXo, function(x) if (is.null(x)) NULL else x[1:30, , drop = FALSE])
    for (ml in c(FALSE, TRUE)) {
      found <- lavaan:::lav_predict_eta_ebm_ml(fit, data.obs = rows, eXo = causes, ML = ml)
      latent <- seq_along(lavNames(fit, "lv"))
      out[[paste(file, name, if (ml) "ML" else "EBM")]] <<- unname(lapply(found, function(part) part[, latent, drop = FALSE]))
    }
  }
}
scores("conditional", c("mimic", "structural", "few_categories", "groups_mixed_equal"))
scores("lavaan", c("three_wlsmv", "binary", "path_mixed", "mixed_outcome", "groups"))
write(toJSON(out, digits = 7, na = "null"), "missing_ordered/ordered_scores.json")
