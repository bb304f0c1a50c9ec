# Study 04 with a method factor taken out, by lavaan on the shipped customer survey: with the marker, and with an
# assumed share of method variance. Run from tests/reference: Rscript r/marker_method.R
# Debian's r-cran-lavaan 0.6-14, r-cran-jsonlite. The model text is the study's own (studies/marker_method.lav).
suppressMessages({library(lavaan); library(jsonlite)})
answers <- read.csv("../../data/customer_survey.csv")
answers[answers == -99] <- NA
answers <- answers[answers$attention_check == 2, ]
answers$sat3 <- 6 - answers$sat3
effects <- function(fit, labels) {
  table <- standardizedSolution(fit)
  table <- table[match(labels, table$label), c("est.std", "se", "ci.lower", "ci.upper")]
  setNames(lapply(seq_along(labels), function(i) unlist(table[i, ])), labels)
}
fit_to <- function(text, items) sem(text, answers, ordered = items, estimator = "WLSMV", missing = "pairwise")

text <- paste(readLines("studies/marker_method.lav"), collapse = "\n")
items <- unique(lavaanify(text, auto = TRUE, model.type = "sem", fixed.x = FALSE)$rhs)
items <- intersect(names(answers), items)
marker <- fit_to(text, items)
size <- subset(parameterEstimates(marker), lhs == "method" & rhs == "method")

pair <- c(paste0("crm", 1:4), paste0("sat", 1:5))
assumed <- fit_to(paste0(
  "crm_use =~ crm1 + crm2 + crm3 + crm4\nsatisfaction =~ sat1 + sat2 + sat3 + sat4 + sat5\n",
  "method =~ ", paste0("1*", pair, collapse = " + "), "\nmethod ~~ 0*crm_use + 0*satisfaction + 0.18*method\n",
  "crm_use ~~ effect*satisfaction"), pair)

write(toJSON(list(
  n = nobs(marker), share = c(est = size$est, ci.lower = size$ci.lower, ci.upper = size$ci.upper),
  marker = effects(marker, c("total_satisfaction", "total_loyalty", "share_satisfaction", "tiers")),
  assumed = effects(assumed, "effect")), digits = 8, auto_unbox = TRUE, pretty = TRUE),
  "studies/marker_method.json")
