# The supervisor of trials is a program of its own, small and static because it is forked for each
# that runs at the same time, and is carried inside the library (runners/supervisor_image.cc).
add_executable(qalam_supervisor
  supervisor/captured_lines.cc supervisor/channel.cc supervisor/copy_folder.cc
  supervisor/file_tail.cc supervisor/files.cc supervisor/host_main.cc supervisor/job_supervisor.cc
  supervisor/memory_guard.cc supervisor/output.cc supervisor/plan.cc supervisor/pod.cc
  supervisor/proc.cc supervisor/process.cc supervisor/state_file.cc supervisor/supervise.cc
  supervisor/wire.cc)
set(QALAM_SUPERVISOR_PROGRAM "${CMAKE_BINARY_DIR}/supervisor/qalam-supervisor")
set_target_properties(qalam_supervisor PROPERTIES
  OUTPUT_NAME qalam-supervisor RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/supervisor")
target_include_directories(qalam_supervisor PRIVATE "${CMAKE_SOURCE_DIR}")
if(QALAM_SANITIZE MATCHES "thread")
  # It has one thread, and forks, which ThreadSanitizer does not like.
  target_compile_options(qalam_supervisor PRIVATE -fno-sanitize=all)
  target_link_options(qalam_supervisor PRIVATE -fno-sanitize=all -static -s)
elseif(NOT QALAM_SANITIZE)
  target_compile_options(qalam_supervisor PRIVATE -ffunction-sections -fdata-sections)
  target_link_options(qalam_supervisor PRIVATE -static -s -Wl,--gc-sections)
endif()

set(QALAM_TRIALS_RUNNER_SOURCES
  runners/captured_reader.cc runners/cleanup_command.cc runners/job_plan.cc
  runners/local_runner.cc runners/machine.cc runners/resource_ledger.cc runners/runner_events.cc
  runners/runner_inbox.cc
  runners/runner_loop.cc runners/spare_folders.cc runners/supervisor_host.cc
  runners/supervisor_image.cc runners/supervisor_pool.cc
  # What the supervisor and the runner say to each other.
  supervisor/captured_lines.cc supervisor/channel.cc supervisor/copy_folder.cc supervisor/files.cc
  supervisor/memory_guard.cc supervisor/plan.cc supervisor/proc.cc supervisor/state_file.cc
  supervisor/wire.cc)
set_source_files_properties(runners/supervisor_image.cc PROPERTIES
  COMPILE_DEFINITIONS "QALAM_SUPERVISOR_PROGRAM=\"${QALAM_SUPERVISOR_PROGRAM}\""
  OBJECT_DEPENDS "${QALAM_SUPERVISOR_PROGRAM}")
if(QALAM_SANITIZE)
  set_source_files_properties(runners/supervisor_host.cc PROPERTIES
    COMPILE_DEFINITIONS QALAM_SANITIZED)
endif()
cmake_language(DEFER CALL add_dependencies qalam_trials qalam_supervisor)
