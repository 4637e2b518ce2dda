#include "fs/daemon/mount.h"

#include <pwd.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "cache/live_model.h"
#include "cache/staging_store.h"
#include "fs/daemon/logging.h"
#include "fs/daemon/mount_report.h"
#include "fs/daemon/saved_origins.h"
#include "fs/daemon/state_path.h"
#include "fs/kernel/session.h"
#include "fs/restore/job/job_restorer.h"
#include "fs/restore/job/journal_file.h"
#include "fs/restore/staged_sets.h"
#include "fs/status/vm_events.h"
#include "fs/tree/change_relay.h"
#include "fs/tree/change_translator.h"
#include "fs/tree/inode_numbers.h"
#include "fs/tree/inventory_tree.h"
#include "fs/tree/key_index.h"
#include "fs/tree/key_nodes.h"
#include "fs/tree/made_file.h"
#include "fs/tree/staged/restore_tree.h"

namespace vtpmfs::fs {
namespace {

/// mtime of what has no time of its own: an empty folder's must be the same after each remount.
constexpr auto kTimeOfTheTimeless = std::chrono::seconds(946684800);  // 2000-01-01T00:00:00Z

/// Calls sweep once a second while it lives, for --restore-settle.
class SettleTimer {
 public:
  explicit SettleTimer(std::function<void()> sweep)
      : thread_([this, sweep = std::move(sweep)] {
          std::unique_lock hold(lock_);
          while (!changed_.wait_for(hold, std::chrono::seconds(1), [this] { return ended_; })) {
            hold.unlock();
            sweep();
            hold.lock();
          }
        }) {}
  SettleTimer(const SettleTimer&) = delete;
  SettleTimer& operator=(const SettleTimer&) = delete;
  ~SettleTimer() {
    {
      const std::lock_guard hold(lock_);
      ended_ = true;
      changed_.notify_all();
    }
    thread_.join();
  }

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;
};

Result<std::set<uint32_t>> user_ids(const std::vector<std::string>& users) {
  std::set<uint32_t> ids;
  for (const std::string& user : users) {
    uint32_t id = 0;
    const auto [end, error] = std::from_chars(user.data(), user.data() + user.size(), id);
    if (error == std::errc{} && end == user.data() + user.size()) {
      ids.insert(id);
      continue;
    }
    passwd entry{};
    passwd* found = nullptr;
    char buffer[4096];
    if (getpwnam_r(user.c_str(), &entry, buffer, sizeof buffer, &found) != 0 || found == nullptr)
      return fail(EINVAL, "--restore-users: nobody is called '" + user + "' here");
    ids.insert(found->pw_uid);
  }
  return ids;
}

vsphere::ConnectionSettings connection_settings(const Options& options,
                                                std::function<Result<std::string>()> password) {
  vsphere::ConnectionSettings settings;
  settings.host = options.host;
  settings.port = options.port;
  settings.user = options.user;
  settings.password = std::move(password);
  settings.tls = options.tls;
  settings.timeout = options.timeout;
  // A dry run makes nothing, whoever forgets about it.
  settings.read_only = options.read_only || options.restore.dry_run;
  settings.save_extra_config = options.save_extra_config;
  settings.user_agent = "vtpmfs/" VTPMFS_VERSION;
  return settings;
}

kernel::SessionSettings session_settings(const Options& options) {
  kernel::SessionSettings settings;
  // libfuse takes the last of two: whoever names the source otherwise has his way.
  settings.options.push_back("fsname=" + options.host);
  settings.options.insert(settings.options.end(), options.fuse_options.begin(),
                          options.fuse_options.end());
  if (options.read_only) settings.options.emplace_back("ro");
  if (options.allow_other) settings.options.emplace_back("allow_other");
  settings.debug = options.debug;
  return settings;
}

}  // namespace

/// In the order of construction: what is below uses what is above, and goes first.
struct Mount::Parts {
  Options options;
  /// Ends calls that nobody in particular waits for.
  const vsphere::CancelToken ending;
  cache::SystemClock clock;
  std::unique_ptr<vsphere::Connection> connection;
  std::optional<cache::StateDirectory> state;
  ChangeRelay relay;
  std::optional<VmEvents> events;
  std::optional<KeyIndex> keys;
  std::unique_ptr<cache::LiveModel> model;
  std::unique_ptr<cache::StagingStore> staging;
  std::unique_ptr<JournalDirectory> journal;
  std::unique_ptr<JobRestorer> restorer;
  std::shared_ptr<StagedSets> sets;
  std::shared_ptr<RestoreTree> restore;
  std::unique_ptr<SettleTimer> settle;
  std::unique_ptr<MountReport> report;
  std::unique_ptr<InventoryTree> tree;
  std::unique_ptr<kernel::FuseSession> session;
  std::mutex answers_lock;
  std::function<void()> answers;

  Status open_model(const vsphere::CancelToken& cancel);
  Status open_restore();
  Status open_tree();
  void add_own_files();
  Status settle_left_restores();
};

Result<std::unique_ptr<Mount>> Mount::open(const Options& options,
                                           std::function<Result<std::string>()> password,
                                           const Environment& environment,
                                           const vsphere::CancelToken& cancel) {
  auto parts = std::make_unique<Parts>();
  parts->options = options;
  const auto link = cancel.on_cancel([ending = parts->ending] { ending.cancel(); });
  vsphere::ConnectionSettings settings = connection_settings(options, std::move(password));
  settings.cancel = cancel;
  auto connection = vsphere::Connection::open(std::move(settings));
  if (!connection) return fail(connection.error());
  parts->connection = std::move(*connection);
  const vsphere::ServerInfo& server = parts->connection->vms().server();
  spdlog::info("logged in at {} ({}) as {}", options.host, server.full_name, options.user);
  if (options.tls.insecure && options.tls.ca_files.empty() && !options.tls.thumbprint)
    spdlog::warn(
        "the certificate of {} is not verified: anybody between may read and change everything",
        options.host);
  if (!server.is_vcenter && !options.read_only) {
    spdlog::warn("{} is an ESXi host, not a vCenter: the mount is read-only", options.host);
    parts->options.read_only = true;
  }
  auto path = state_path(parts->options, server.instance_uuid, environment);
  if (!path) return fail(path.error());
  auto state = cache::StateDirectory::open(*path, parts->options.read_only);
  if (!state) return fail(state.error());
  parts->state = std::move(*state);

  if (auto opened = parts->open_model(cancel); !opened) return fail(opened.error());
  if (!parts->options.read_only)
    if (auto opened = parts->open_restore(); !opened) return fail(opened.error());
  if (cancel.cancelled()) return fail(EINTR, "interrupted");
  if (auto opened = parts->open_tree(); !opened) return fail(opened.error());
  return std::unique_ptr<Mount>(new Mount(std::move(parts)));
}

Status Mount::Parts::open_model(const vsphere::CancelToken& cancel) {
  cache::SetsSettings sets_settings;
  sets_settings.filter = options.vms;
  sets_settings.pin = options.pin;
  sets_settings.cache_bytes = options.cache_bytes;
  sets_settings.nvram_max = options.restore.nvram_max;
  sets_settings.timeout = options.timeout;
  sets_settings.origin_hook =
      saved_origins(connection->restore_target(), clock, connection->vms().server().is_vcenter);
  sets_settings.inode_order =
      [numbers = std::make_shared<const InodeNumbers>(connection->vms().server().instance_uuid)](
          const vsphere::MoRef& directory) { return numbers->directory(directory).value; };
  cache::FeedSettings feed_settings;
  feed_settings.timeout = options.timeout;
  feed_settings.nvram_poll = options.nvram_poll;
  auto opened = cache::LiveModel::open(connection->inventory(), connection->vms(), *state, clock,
                                       sets_settings, feed_settings);
  if (!opened) return fail(opened.error());
  model = std::move(*opened);
  events.emplace(model->inventory(), model->sets());
  keys.emplace(model->inventory());
  model->feed().add_listener([this](const cache::InventoryChange& change) {
    keys->tell(change);
    relay.tell(change);
    events->tell(change);
  });
  model->feed().start();
  // Reading a large inventory takes many answers, each of which has its own time.
  constexpr int kAnswers = 60;
  auto ready = model->feed().ready(vsphere::Call{options.timeout * kAnswers, cancel, {}});
  if (!ready) ready.error().words = "the inventory cannot be read: " + ready.error().words;
  events->mounted();
  return ready;
}

Status Mount::Parts::open_restore() {
  cache::StagingLimits limits;
  limits.file_bytes = std::max(limits.file_bytes, options.restore.nvram_max);
  auto store = cache::StagingStore::open(state->path() + "/staging", clock, limits);
  if (!store)
    return fail(Error{store.error().code, "staged files cannot be kept: " + store.error().words});
  staging = std::move(*store);
  auto records = JournalDirectory::open(state->path() + "/journal");
  if (!records)
    return fail(Error{records.error().code,
                      "the restore journal cannot be kept: " + records.error().words});
  journal = std::move(*records);
  auto users = user_ids(options.restore_users);
  if (!users) return fail(users.error());

  cache::LiveModel& live = *model;
  restorer = std::make_unique<JobRestorer>(
      RestoreSurroundings{connection->restore_target(), *journal, connection->vms().server(),
                          options.restore, options.timeout,
                          [&live](const vsphere::MoRef& folder, const std::string& name) {
                            return live.inventory().inventory_path(folder) + "/" + name;
                          }},
      [&live, timeout = options.timeout, ending = ending](const vsphere::MoRef& vm) {
        if (auto shown = live.feed().refresh(vm, vsphere::Call{timeout, ending, {}}); !shown)
          spdlog::warn("the restored VM {} is not shown yet: {}", vm.value, shown.error().words);
      });
  sets = std::make_shared<StagedSets>(*staging, live.inventory(), clock, *restorer,
                                      options.restore.nvram_max, options.restore_settle);
  restore = std::make_shared<RestoreTree>(
      connection->vms().server().instance_uuid, *staging, live.inventory(), sets,
      RestoreAccess{options.uid.value_or(getuid()), options.gid.value_or(getgid()),
                    options.directory_permissions(), options.file_permissions(),
                    std::move(*users)});
  if (auto begun = settle_left_restores(); !begun) return begun;
  if (options.restore_settle)
    settle = std::make_unique<SettleTimer>([this] {
      sets->sweep([this](cache::StagedId directory) { return restore->busy(directory); });
    });
  return {};
}

/// What an earlier mount did not end is looked after from now on; its news reach restore.status.
Status Mount::Parts::settle_left_restores() {
  auto left = journal->left();
  if (!left)
    return fail(
        Error{left.error().code, "the restore journal cannot be read: " + left.error().words});
  for (const std::string& file : left->damaged)
    spdlog::error(
        "the restore journal's {} cannot be read: a VM with extraConfig {} may be half-made", file,
        kMarkKey);
  if (options.restore.dry_run) {
    if (!left->records.empty())
      spdlog::warn("{} restores of an earlier mount wait for one without --restore-dry-run",
                   left->records.size());
    return {};
  }
  const std::weak_ptr<StagedSets> known = sets;
  restorer->settle_earlier(std::move(left->records),
                           [known](const RestoreRecord& record, const RestoreStatus& status) {
                             if (const auto present = known.lock())
                               present->broken_off(record.staged, record.files, status);
                           });
  return {};
}

Status Mount::Parts::open_tree() {
  InventoryTreeSettings settings;
  settings.root = connection->inventory().root();
  settings.instance_uuid = connection->vms().server().instance_uuid;
  settings.ownership = Ownership{options.uid.value_or(getuid()), options.gid.value_or(getgid()),
                                 options.file_permissions(), options.directory_permissions()};
  settings.fixed_time = TimePoint(kTimeOfTheTimeless);
  settings.feed_alive = [live = model.get()] { return live->feed().alive(); };
  settings.call_timeout = options.timeout;
  tree = std::make_unique<InventoryTree>(model->inventory(), model->sets(), std::move(settings));
  if (restore)
    tree->set_datacenter_children([area = restore](const vsphere::MoRef& datacenter) {
      return std::vector<ExtraChild>{{"restore", area->root(datacenter)}};
    });
  add_own_files();
  kernel::SessionSettings session_options = session_settings(options);
  session_options.on_ready = [this] {
    const std::lock_guard hold(answers_lock);
    if (answers) answers();
  };
  auto mounted =
      kernel::FuseSession::mount(tree->root(), options.mount_point, std::move(session_options));
  if (!mounted) return fail(mounted.error());
  session = std::move(*mounted);
  relay.connect(std::make_shared<ChangeTranslator>(*tree, session->notifier()));
  keys->connect(tree.get(), &session->notifier());
  return {};
}

/// by-key/, and .vtpmfs/, which no listing names: what walks the tree does not come upon it.
void Mount::Parts::add_own_files() {
  report = std::make_unique<MountReport>(
      ReportSources{options, *connection, *model, state->path() + "/journal", restorer.get(),
                    sets.get(), [this] { return session.get(); }});
  const auto file = [this](const std::string& name, MadeFile::MakeText make) {
    return MadeDirectory::File{name,
                               std::make_shared<MadeFile>(*tree, clock, name, std::move(make))};
  };
  const std::string name = ".vtpmfs";
  auto directory = std::make_shared<MadeDirectory>(
      *tree, name,
      std::vector{file("events.log", events_text),
                  file("metrics", [this] { return metrics_text(report->facts()); }),
                  file("status.json", [this] { return status_json(report->facts()); })});
  tree->add_root_child({name, std::move(directory), NodeType::directory, /*listed=*/false});
  tree->add_root_child({"by-key", std::make_shared<KeyDirectory>(*tree, *keys)});
}

Mount::Mount(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Mount::~Mount() {
  // New work ends first, then what runs, then what everything asks.
  parts_->settle.reset();
  parts_->ending.cancel();
  parts_->relay.connect(nullptr);
  parts_->keys->connect(nullptr, nullptr);
  if (parts_->restorer) parts_->restorer->shut_down();
  parts_->session.reset();
  parts_->model->feed().stop();
}

Status Mount::run(std::function<void()> answers) {
  {
    const std::lock_guard hold(parts_->answers_lock);
    parts_->answers = std::move(answers);
  }
  return parts_->session->run();
}

void Mount::end() {
  parts_->session->exit();
}

void Mount::reload() {
  const bool refused = parts_->connection->forget_refusal();
  spdlog::info(refused ? "the login that was refused is tried again"
                       : "the password will be read again at the next login");
  parts_->model->feed().retry();
}

}  // namespace vtpmfs::fs
