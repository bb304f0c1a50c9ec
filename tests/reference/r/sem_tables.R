# Parameter tables of lavaan 0.6-14 for tests/sem/test_tables.py: run as `Rscript r/sem_tables.R` in tests/reference.
# Models and options stand in sem/table_cases.json; data: sem/hs.csv, its x1-x9 cut in three where ordered.
# A row of a table is "lhs op rhs group|free or fixed|value or start|exogenous|label|class": parameters of one class
# are equal; npar counts free parameters after all linear equalities.
suppressMessages({library(lavaan); library(jsonlite)})
cases <- fromJSON("sem/table_cases.json", simplifyVector = FALSE)
hs <- read.csv("sem/hs.csv"); hs$three <- c("a", "b", "c")[1 + (hs$id %% 3)]
cut3 <- hs
for (v in paste0("x", 1:9)) cut3[[v]] <- as.integer(cut(hs[[v]], quantile(hs[[v]], c(0, .3, .7, 1)), include.lowest = TRUE))
out <- list()
for (case in cases) {
  options <- lapply(case$options, function(o) if (is.list(o)) unlist(o) else o)
  data <- if (is.null(options$ordered)) hs else cut3
  fit <- suppressWarnings(do.call("sem", c(list(case$model, data = data, do.fit = FALSE), options)))
  p <- parTable(fit); m <- fit@Model
  K <- if (m@eq.constraints) m@eq.constraints.K else diag(sum(p$free > 0))
  key <- apply(round(K, 8) + 0, 1, paste, collapse = " ")
  class <- match(key, key)
  keep <- which(!p$op %in% c("==", ":=", "<", ">"))
  label <- ifelse(grepl("^\\.p", p$label), "", p$label)
  rows <- sapply(keep, function(i) paste(paste(p$lhs[i], p$op[i], p$rhs[i], p$group[i]), if (p$free[i] > 0) "free" else "fixed",
    if (is.na(p$ustart[i])) "" else format(p$ustart[i], digits = 10), p$exo[i], label[i], if (p$free[i] > 0) class[p$free[i]] else 0, sep = "|"))
  out[[case$name]] <- list(rows = as.list(unname(rows)), npar = ncol(K))
}
write(toJSON(out, auto_unbox = TRUE), "sem/tables.json")
cat(length(out), "tables\n")
