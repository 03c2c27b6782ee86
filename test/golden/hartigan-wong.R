# What R finds by Hartigan and Wong's algorithm from the starts of the other files here:
#   apt-get install r-base-core r-cran-jsonlite
#   Rscript test/golden/hartigan-wong.R > test/golden/hartigan-wong.json
library(jsonlite)

folder <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))

cluster <- function(name, data, start) {
  rows <- unlist(start$initIndices)
  found <- kmeans(data, centers = data[rows + 1, , drop = FALSE], algorithm = "Hartigan-Wong", iter.max = 100)
  list(
    data = unbox(name), k = unbox(start$k), initIndices = rows,
    labels = unname(found$cluster) - 1, centroids = unname(found$centers),
    withinss = found$withinss, iterations = unbox(found$iter)
  )
}

cases <- list()
for (name in c("iris", "wine", "seed", "digits")) {
  json <- fromJSON(file.path(folder, paste0(name, ".json")), simplifyDataFrame = FALSE)
  starts <- if (is.null(json$cases)) c(list(json$main), json$elbow) else json$cases
  # For a single cluster R takes another algorithm.
  starts <- Filter(function(start) start$k > 1, starts)
  starts <- starts[!duplicated(lapply(starts, `[[`, "initIndices"))]
  cases <- c(cases, lapply(starts, function(start) cluster(name, json$data, start)))
}
source <- paste("kmeans of R", getRversion())
cat(toJSON(list(source = unbox(source), cases = cases), digits = I(17)), "\n", sep = "")
