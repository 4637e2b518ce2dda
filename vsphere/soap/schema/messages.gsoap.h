// The root that soapcpp2 reads: all messages of both services.
#import "vim25.gsoap.h"
#import "pbm.gsoap.h"
