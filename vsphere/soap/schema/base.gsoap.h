// What every other part of the schema stands on: the namespaces, xsd:anyType and its boxed
// primitives, managed object references, key and value pairs, faults.
//
// Input of soapcpp2, written by hand. The element order is the order on the wire: the base type's
// elements first, and where an element is left out the others keep their place.
// Required elements are held by value, optional ones in std::optional, repeated ones in a vector;
// everything that may arrive as a derived type is a pointer.

//gsoap vim25 schema namespace:     urn:vim25
//gsoap vim25 schema elementForm:   qualified
//gsoap vim25 schema attributeForm: unqualified
//gsoap pbm schema namespace:       urn:pbm
//gsoap pbm schema elementForm:     qualified
//gsoap pbm schema attributeForm:   unqualified

#import "stlvector.h"

// Kept as the text on the wire: time_t would lose the fraction, decoding would lose the form.
typedef std::string xsd__dateTime;
typedef std::string xsd__base64Binary;

// The base of all types. gSOAP reads an element of a type that it does not know as the declared base
// type, without a word. xsi__type tells: after reading it holds the type which the sender named
// when that is not the class that was made ("VirtualHologram", with the sender's prefix if it had one),
// otherwise nothing. get() and set() take it away where it says no more than the class does. Plain text,
// not a QName: gSOAP's own functions for QNames stumble over namespaces with spaces in them.
// See unknown_type() in values.h.
class xsd__anyType {
 public:
  @ std::optional<std::string> xsi__type 0;
  virtual int get(struct soap *soap);
  virtual int set(struct soap *soap);
};

// Boxed primitives, for elements that are xsd:anyType.
class xsd__string_ : public xsd__anyType { public: std::string __item; };
class xsd__boolean_ : public xsd__anyType { public: bool __item; };
class xsd__int_ : public xsd__anyType { public: int __item; };
class xsd__long_ : public xsd__anyType { public: LONG64 __item; };
class xsd__short_ : public xsd__anyType { public: short __item; };
class xsd__byte_ : public xsd__anyType { public: char __item; };
class xsd__float_ : public xsd__anyType { public: float __item; };
class xsd__double_ : public xsd__anyType { public: double __item; };
class xsd__dateTime_ : public xsd__string_ { public: };
class xsd__base64Binary_ : public xsd__string_ { public: };
class xsd__anyURI_ : public xsd__string_ { public: };

class vim25__ManagedObjectReference : public xsd__anyType {
 public:
  std::string __item;
  @ std::string type 1;
};

class vim25__ArrayOfManagedObjectReference : public xsd__anyType {
 public:
  std::vector<vim25__ManagedObjectReference> ManagedObjectReference 0;
};
class vim25__ArrayOfString : public xsd__anyType { public: std::vector<std::string> string 0; };
class vim25__ArrayOfInt : public xsd__anyType { public: std::vector<int> int_ 0; };
class vim25__ArrayOfLong : public xsd__anyType { public: std::vector<LONG64> long_ 0; };
class vim25__ArrayOfBase64Binary : public xsd__anyType {
 public:
  std::vector<xsd__base64Binary> base64Binary 0;
};

class vim25__KeyAnyValue : public xsd__anyType {
 public:
  std::string key 1;
  xsd__anyType *value 1;
};
class vim25__ArrayOfKeyAnyValue : public xsd__anyType {
 public:
  std::vector<vim25__KeyAnyValue> KeyAnyValue 0;
};
class vim25__KeyValue : public xsd__anyType {
 public:
  std::string key 1;
  std::string value 1;
};
class vim25__OptionValue : public xsd__anyType {
 public:
  std::string key 1;
  xsd__anyType *value 0;
};
class vim25__ArrayOfOptionValue : public xsd__anyType {
 public:
  std::vector<vim25__OptionValue> OptionValue 0;
};
class vim25__Description : public xsd__anyType {
 public:
  std::string label 1;
  std::string summary 1;
};
class vim25__LocalizableMessage : public xsd__anyType {
 public:
  std::string key 1;
  std::vector<vim25__KeyAnyValue> arg 0;
  std::optional<std::string> message 0;
};
class vim25__ManagedEntityStatus : public xsd__string_ { public: };

// The headers of a message. They are unqualified.
struct SOAP_ENV__Header {
  std::optional<std::string> operationID 0;
  std::optional<std::string> vcSessionCookie 0;
};
