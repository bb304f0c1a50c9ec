# Study 11 on the shipped firms, by lavaan and semTools: the latent product of service and product quality, and
# the correlations of six elements beside a method factor. Run from tests/reference: Rscript r/effectiveness.R
# Debian's r-cran-lavaan 0.6-14, r-cran-semtools, r-cran-jsonlite.
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
answers <- read.csv("../../data/firm_survey.csv")
answers[answers == -99] <- NA
answers$sat3 <- 6 - answers$sat3
strongest <- function(items) {
  related <- cor(answers[, items], use = "pairwise")
  items[order(-colSums(related))]
}
service <- strongest(paste0("s_qua", 1:3))
product <- strongest(paste0("p_qua", 1:3))
made <- indProd(answers, var1 = service, var2 = product, match = TRUE, meanC = TRUE, doubleMC = TRUE,
                namesProd = paste0("product_", 1:3))
moderation <- "
service_quality =~ s_qua1 + s_qua2 + s_qua3
product_quality =~ p_qua1 + p_qua2 + p_qua3
satisfaction =~ sat1 + sat2 + sat3
after_sales =~ a_sal1 + a_sal2 + a_sal3
customer_experience =~ c_exp1 + c_exp2 + c_exp3
corporate_culture =~ cul1 + cul2 + cul3
both =~ product_1 + product_2 + product_3
satisfaction ~ service_quality + product_quality + after_sales + customer_experience + corporate_culture + b*both"
fit <- sem(moderation, made, estimator = "MLR", missing = "fiml")
path <- subset(parameterEstimates(fit), label == "b")
latent <- lavInspect(fit, "cov.lv")
sd <- sqrt(diag(latent))
scale <- sd["service_quality"] * sd["product_quality"] / sd["satisfaction"]

elements <- list(data = paste0("d_cdm", 1:4), sales = paste0("m_sal", 1:2), marketing = paste0("m_mar", 1:2),
                 service = paste0("m_ser", 1:2), analytics = paste0("m_ana", 1:2), integration = paste0("int", 1:3))
measured <- sapply(names(elements), function(name) {
  items <- elements[[name]]
  paste(name, "=~", paste0(if (length(items) == 2) "1*" else "", items, collapse = " + "))
})
every <- c(unlist(elements), paste0("mar", 1:3))
text <- c(measured, "marker =~ mar1 + mar2 + mar3", paste("method =~", paste0("1*", every, collapse = " + ")),
          paste0("method ~~ 0*", c(names(elements), "marker")), paste0("marker ~~ 0*", names(elements)))
six <- standardizedSolution(sem(paste(text, collapse = "\n"), answers, missing = "fiml"))
six <- subset(six, op == "~~" & lhs != rhs & lhs %in% names(elements) & rhs %in% names(elements))
write(toJSON(list(
  product = unname(c(path$est * scale, path$se * scale)),
  pairs = setNames(Map(c, six$est.std, six$ci.lower, six$ci.upper), paste(six$lhs, six$rhs))
), digits = 8, auto_unbox = TRUE, pretty = TRUE), "studies/effectiveness.json")
