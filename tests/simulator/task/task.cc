#include "tests/simulator/task/task.h"

#include "tests/simulator/model/value.h"
#include "tests/simulator/soap/fault_message.h"
#include "tests/simulator/wire_time.h"

namespace vtpmfs::simulator {
namespace {

Value result_value(const Task& task, const Reading& reading) {
  return task.result ? task.result(reading.arena) : nullptr;
}

Value error_value(const Task& task, const Reading& reading) {
  if (!task.error) return nullptr;
  return data_value(reading, localized(*task.error, reading.arena));
}

Value reason_value(const Task& task, const Reading& reading) {
  auto* reason = reading.arena.make<vim25__TaskReasonUser>();
  reason->userName = task.user;
  return reason;
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

Value info_value(const Task& task, const Reading& reading) {
  auto* info = reading.arena.make<vim25__TaskInfo>();
  info->key = task.ref().id;
  info->task = wire(task.ref());
  info->name = task.order.name;
  info->descriptionId = task.order.description_id;
  if (!task.order.entity.empty()) info->entity = wire(task.order.entity);
  info->entityName = unless_empty(task.order.entity_name);
  info->state = task.state;
  info->cancelled = task.cancelled;
  info->cancelable = task.order.cancelable;
  if (task.error) info->error = localized(*task.error, reading.arena);
  info->result = result_value(task, reading);
  info->progress = task.progress;
  auto* reason = reading.arena.make<vim25__TaskReasonUser>();
  reason->userName = task.user;
  info->reason = reason;
  info->queueTime = task.queue_time;
  info->startTime = unless_empty(task.start_time);
  info->completeTime = unless_empty(task.complete_time);
  info->eventChainId = 1;
  return info;
}

Value time_unless_empty(const Reading& reading, const std::string& time) {
  return time.empty() ? nullptr : time_value(reading, time);
}

PropertyTable task_properties() {
  return Declare<Task>()
      .property("info", info_value)
      .property("info.key",
                [](const Task& t, const Reading& r) { return text_value(r, t.ref().id); })
      .property("info.task", [](const Task& t, const Reading& r) { return ref_value(r, t.ref()); })
      .property("info.name",
                [](const Task& t, const Reading& r) { return text_value(r, t.order.name); })
      .property(
          "info.descriptionId",
          [](const Task& t, const Reading& r) { return text_value(r, t.order.description_id); })
      .property("info.entity",
                [](const Task& t, const Reading& r) { return ref_value(r, t.order.entity); })
      .property("info.entityName",
                [](const Task& t, const Reading& r) { return text_value(r, t.order.entity_name); })
      .property("info.state",
                [](const Task& t, const Reading& r) {
                  return enum_value<vim25__TaskInfoState>(r, t.state);
                })
      .property("info.cancelled",
                [](const Task& t, const Reading& r) { return bool_value(r, t.cancelled); })
      .property("info.cancelable",
                [](const Task& t, const Reading& r) { return bool_value(r, t.order.cancelable); })
      .property("info.error", error_value)
      .property("info.result", result_value)
      .property("info.progress",
                [](const Task& t, const Reading& r) -> Value {
                  return t.progress ? int_value(r, *t.progress) : nullptr;
                })
      .property("info.reason", reason_value)
      .property("info.queueTime",
                [](const Task& t, const Reading& r) { return time_value(r, t.queue_time); })
      .property("info.startTime",
                [](const Task& t, const Reading& r) { return time_unless_empty(r, t.start_time); })
      .property(
          "info.completeTime",
          [](const Task& t, const Reading& r) { return time_unless_empty(r, t.complete_time); })
      .unset("info.description")
      .unset("info.locked")
      .unset("info.parentTaskKey")
      .unset("info.rootTaskKey")
      .table();
}

}  // namespace

Task::Task(Ref ref, TaskOrder ordered, std::string by)
    : ManagedObject(std::move(ref)),
      order(std::move(ordered)),
      user(std::move(by)),
      queue_time(wire_time_now()) {}

const PropertyTable& Task::properties() const {
  static const PropertyTable table = task_properties();
  return table;
}

TaskResult result_ref(Ref ref) {
  return [ref = std::move(ref)](vsphere::Arena& arena) -> Value { return wire(ref, arena); };
}

}  // namespace vtpmfs::simulator
