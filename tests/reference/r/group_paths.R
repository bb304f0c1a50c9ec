# Study 05's ladder and its test of equal paths on the shipped survey of three industries: ordered answers, pairwise.
# Texts of semTools' measEq.syntax (Wu & Estabrook 2016) fitted by lavaan. Run from tests/reference: Rscript r/group_paths.R
# Debian's r-cran-lavaan 0.6-14, r-cran-semtools 0.5-6, r-cran-jsonlite.
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
survey <- read.csv("../../data/customer_survey_groups.csv")
survey <- subset(survey, is.na(attention_check) | attention_check == 2)
constructs <- list(tangibles = "tan", responsiveness = "res", satisfaction = "sat")
constructs <- lapply(constructs, function(stem) grep(paste0("^", stem, "[0-9]+$"), names(survey), value = TRUE))
items <- unlist(constructs, use.names = FALSE)
survey <- survey[rowSums(!is.na(survey[items])) > 0, c(items, "industry")]
model <- paste(sapply(names(constructs), function(f) paste(f, "=~", paste(constructs[[f]], collapse = " + "))), collapse = "\n")
partial <- c("responsiveness =~ res4", "tangibles =~ tan4", "res4 ~ 1", "tan4 ~ 1")
levels <- list(configural = list("", ""), thresholds = list("thresholds", ""), metric = list(c("thresholds", "loadings"), ""),
  partial = list(c("thresholds", "loadings"), partial), scalar = list(c("thresholds", "loadings", "intercepts"), partial))
text_of <- function(level) as.character(measEq.syntax(model, data = survey, ordered = items, parameterization = "delta", ID.fac = "std.lv",
  ID.cat = "Wu.Estabrook.2016", group = "industry", group.equal = level[[1]], group.partial = level[[2]]))
fit_of <- function(text, rows) cfa(text, rows, group = "industry", ordered = items, parameterization = "delta", estimator = "WLSMV",
  std.lv = TRUE, missing = if (anyNA(rows[items])) "pairwise" else "listwise")
names_of <- c("chisq", "df", "chisq.scaled", "pvalue.scaled", "cfi.scaled", "rmsea.scaled")
# the structural model: the text of the level without its latent lines, and paths in their place
paths <- function(equal) {
  lines <- strsplit(text_of(levels$partial), "\n")[[1]]
  latent <- grepl(paste0("^(", paste(names(constructs), collapse = "|"), ") *~"), lines) & !grepl("=~", lines)
  b <- function(name) if (equal) paste0("c(", paste(rep(name, 3), collapse = ","), ")*") else ""
  paste(c(lines[!latent], paste0(names(constructs), " ~~ c(1,NA,NA)*", names(constructs)), "tangibles ~~ responsiveness",
    paste0(names(constructs), " ~ c(0,0,0)*1"), paste0("satisfaction ~ ", b("b1"), "tangibles + ", b("b2"), "responsiveness")), collapse = "\n")
}
out <- list(constructs = constructs, partial = partial)
for (way in c("pairwise", "complete")) {
  rows <- if (way == "complete") survey[complete.cases(survey), ] else survey
  entry <- list(n = nrow(rows)); before <- NULL
  for (step in names(levels)) {
    fit <- fit_of(text_of(levels[[step]]), rows); row <- as.list(round(fitMeasures(fit, names_of), 9))
    wide <- if (step == "partial") kept else before
    if (!is.null(wide)) { test <- lavTestLRT(wide, fit); row$diff <- test[2, "Chisq diff"]; row$df_diff <- test[2, "Df diff"] }
    if (step == "thresholds") kept <- fit
    entry[[step]] <- row; before <- fit }
  test <- lavTestLRT(fit_of(paths(FALSE), rows), fit_of(paths(TRUE), rows))
  entry$paths <- list(diff = test[2, "Chisq diff"], df = test[2, "Df diff"], pvalue = test[2, "Pr(>Chisq)"])
  out[[way]] <- entry }
write(toJSON(out, digits = 9, auto_unbox = TRUE, na = "null"), "studies/group_paths.json")
