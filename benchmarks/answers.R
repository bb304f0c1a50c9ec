# lavaan's side of benchmarks/answers.py: processor seconds for each task, as JSON. Rscript answers.R <folder with the data>
suppressMessages({library(lavaan); library(jsonlite)})
folder <- commandArgs(TRUE)[1]
wide_too <- commandArgs(TRUE)[2] == "wide"
clock <- function(expression) { gc(FALSE); sum(system.time(expression)[c("user.self", "sys.self")]) }
seconds <- list()
items <- read.csv(file.path(folder, "items.csv"))
factors <- paste(sapply(1:4, function(k) paste0("f", k, " =~ ", paste0("q", (1:22)[rep(1:4, c(6, 6, 5, 5)) == k], collapse = " + "))),
                 collapse = "\n")
seconds$polychoric <- min(replicate(3, clock(lavCor(items, ordered = names(items)))))
seconds$wlsmv <- min(replicate(3, clock({fit <- cfa(factors, items, ordered = names(items)); fitMeasures(fit)})))
holes <- read.csv(file.path(folder, "school.csv"))
school <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
seconds$fiml_9 <- min(replicate(3, clock({fit <- cfa(school, holes, missing = "fiml"); fitMeasures(fit)})))
if (wide_too) {
  wide <- read.csv(file.path(folder, "wide.csv"))
  model <- paste(sapply(1:12, function(k) paste0("f", k, " =~ ", paste0("y", k, "_", 1:5, collapse = " + "))), collapse = "\n")
  seconds$fiml_60 <- clock({fit <- cfa(model, wide, missing = "fiml"); fitMeasures(fit)})
}
cat(toJSON(seconds, auto_unbox = TRUE, digits = NA))
