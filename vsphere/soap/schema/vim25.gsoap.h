// The subset of urn:vim25 that vtpmfs and its simulator speak.
#import "service.gsoap.h"
#import "property_collector.gsoap.h"
#import "inventory.gsoap.h"
#import "datastore.gsoap.h"
#import "encryption_operations.gsoap.h"
#import "placement.gsoap.h"
#import "environment.gsoap.h"
