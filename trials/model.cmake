# What a trial is: template, kinds of manifest, judgement and metrics.
set(QALAM_TRIALS_MODEL_SOURCES
  gjson.cc gjson_parser.cc job.cc judge.cc template.cc
  kinds/command.cc kinds/environment.cc kinds/field.cc kinds/job.cc kinds/path_rewriter.cc
  kinds/pod_builder.cc kinds/pod_template.cc kinds/quantity.cc kinds/registry.cc kinds/volumes.cc
  metrics/filter.cc metrics/json_parser.cc metrics/metric_value.cc metrics/observation.cc
  metrics/parsers.cc metrics/text_parser.cc)
