// The operations of PropertyCollector and PropertyFilter.
#pragma once

namespace vtpmfs::simulator {

class Simulator;

/// Adds the well-known collector and RetrievePropertiesEx, ContinueRetrievePropertiesEx,
/// CancelRetrievePropertiesEx.
void add_retrieve_operations(Simulator& simulator);
/// CreatePropertyCollector, DestroyPropertyCollector, CreateFilter, DestroyPropertyFilter,
/// WaitForUpdatesEx, CancelWaitForUpdates.
void add_filter_operations(Simulator& simulator);

}  // namespace vtpmfs::simulator
