qalam_test(trials_model_test
  SOURCES gjson_test.cc image_and_engine_test.cc job_kind_test.cc job_validation_test.cc
          judge_test.cc metric_filter_test.cc metrics_test.cc observation_test.cc
          path_rewriter_test.cc quantity_test.cc template_test.cc
  LIBS qalam_trials PkgConfig::RE2)
