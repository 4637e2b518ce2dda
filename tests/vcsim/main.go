// vcsim-peer runs VMware's own simulator (govmomi's vcsim, from Debian's library package) as a daemon, as
// a peer that the tests did not write.
//
// The fixture, not the peer, is what this file adds: it dresses VMs with what the simulator's SOAP interface
// cannot give them (config.keyId, an encryption bundle, a virtual TPM, an nvram file), as a real vCenter would
// hold them, and it stores the key of a CreateVM_Task (-key-by create) or of a ReconfigVM_Task (-key-by reconfigure, as
// newer releases do) in config.keyId, which release 0.24.2 forgets. Nothing else is changed.
package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"io/ioutil"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"

	_ "github.com/vmware/govmomi/pbm/simulator"
)

const nvramSize = 270840

// keyStore remembers which key a request asked for, by VM name, until the VM is there.
type keyStore struct {
	sync.Mutex
	byName map[string]types.CryptoKeyId
}

// The part of a request that carries the key.
type cryptoSpec struct {
	Key struct {
		KeyID    string `xml:"keyId"`
		Provider string `xml:"providerId>id"`
	} `xml:"cryptoKeyId"`
}

type createRequest struct {
	Name   string      `xml:"Body>CreateVM_Task>config>name"`
	Crypto *cryptoSpec `xml:"Body>CreateVM_Task>config>crypto"`
}

type reconfigRequest struct {
	This   string      `xml:"Body>ReconfigVM_Task>_this"`
	Crypto *cryptoSpec `xml:"Body>ReconfigVM_Task>spec>crypto"`
}

func (c *cryptoSpec) id() types.CryptoKeyId {
	id := types.CryptoKeyId{KeyId: c.Key.KeyID}
	if c.Key.Provider != "" {
		id.ProviderId = &types.KeyProviderId{Id: c.Key.Provider}
	}
	return id
}

// keyKeeper sets config.keyId of a VM when the registry takes it in.
type keyKeeper struct {
	types.ManagedObjectReference
	keys *keyStore
}

func (k *keyKeeper) Reference() types.ManagedObjectReference { return k.ManagedObjectReference }

func (k *keyKeeper) PutObject(o mo.Reference) { k.keep(o) }

func (k *keyKeeper) UpdateObject(o mo.Reference, _ []types.PropertyChange) { k.keep(o) }

func (k *keyKeeper) RemoveObject(types.ManagedObjectReference) {}

func (k *keyKeeper) keep(o mo.Reference) {
	vm, ok := o.(*simulator.VirtualMachine)
	if !ok || vm.Config == nil || vm.Config.KeyId != nil {
		return
	}
	k.keys.Lock()
	defer k.keys.Unlock()
	if id, found := k.keys.byName[vm.Config.Name]; found {
		vm.Config.KeyId = &id
		delete(k.keys.byName, vm.Config.Name)
	}
}

// intercept reads requests on their way in; it changes neither them nor the answers.
func intercept(next http.Handler, keys *keyStore, keyBy string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/sdk") {
			body, err := ioutil.ReadAll(r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			remember(body, keys, keyBy)
		}
		next.ServeHTTP(w, r)
	})
}

func remember(body []byte, keys *keyStore, keyBy string) {
	if keyBy == "create" && bytes.Contains(body, []byte("CreateVM_Task")) {
		var create createRequest
		if xml.Unmarshal(body, &create) == nil && create.Crypto != nil {
			keys.Lock()
			keys.byName[create.Name] = create.Crypto.id()
			keys.Unlock()
		}
	}
	if bytes.Contains(body, []byte("ReconfigVM_Task")) {
		var reconfig reconfigRequest
		if xml.Unmarshal(body, &reconfig) == nil && reconfig.Crypto != nil {
			ref := types.ManagedObjectReference{Type: "VirtualMachine", Value: reconfig.This}
			if vm, ok := simulator.Map.Get(ref).(*simulator.VirtualMachine); ok && vm.Config.KeyId == nil {
				id := reconfig.Crypto.id()
				vm.Config.KeyId = &id
			}
		}
	}
}

func asText(der []byte) []byte { return []byte(base64.StdEncoding.EncodeToString(der)) }

// certificate makes a self-signed one, for an endorsement key or for the server.
func certificate(subject string, addresses ...net.IP) ([]byte, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: subject},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(10, 0, 0),
		IPAddresses:  addresses,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return der, key, err
}

func signingRequest(subject string, key *ecdsa.PrivateKey) ([]byte, error) {
	return x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: subject}}, key)
}

func escape(part string) string {
	r := strings.NewReplacer("%", "%25", "-", "%2d", "/", "%2f", "+", "%2b", "=", "%3d")
	return r.Replace(part)
}

// dress makes one VM what a vCenter holds as an encrypted VM with a virtual TPM.
func dress(vm *simulator.VirtualMachine, n int) error {
	provider := "KMS"
	keyID := fmt.Sprintf("a4e7494f-da55-4917-9d90-%012d", n)
	locked := make([]byte, 112)
	if _, err := rand.Read(locked); err != nil {
		return err
	}
	bundle := fmt.Sprintf("vmware:key/list/(pair/(fqid/<VMWARE-NULL>/%s/%s,HMAC%%2dSHA%%2d256,%s))",
		escape(provider), escape(keyID), escape(base64.StdEncoding.EncodeToString(locked)))
	der, key, err := certificate(vm.Name + " EK")
	if err != nil {
		return err
	}
	csr, err := signingRequest(vm.Name+" EK", key)
	if err != nil {
		return err
	}
	vm.Config.KeyId = &types.CryptoKeyId{KeyId: keyID, ProviderId: &types.KeyProviderId{Id: provider}}
	vm.Config.Firmware = "efi"
	vm.Config.Version = "vmx-19"
	vm.Config.ExtraConfig = append(vm.Config.ExtraConfig,
		&types.OptionValue{Key: "encryption.bundle", Value: bundle},
		&types.OptionValue{Key: "nvram", Value: vm.Name + ".nvram"})
	// This release keeps base64Binary as the text that it read, so the text is what it must hold.
	vm.Config.Hardware.Device = append(vm.Config.Hardware.Device, &types.VirtualTPM{
		VirtualDevice: types.VirtualDevice{
			Key:        11000,
			DeviceInfo: &types.Description{Label: "Virtual TPM", Summary: "Trusted Platform Module"},
		},
		EndorsementKeyCertificateSigningRequest: [][]byte{asText(csr)},
		EndorsementKeyCertificate:               [][]byte{asText(der)},
	})
	return writeNvram(vm)
}

func main() {
	model := simulator.VPX()
	flag.IntVar(&model.Datacenter, "dc", 1, "datacenters")
	flag.IntVar(&model.Folder, "folder", 0, "datacenters in folders")
	flag.IntVar(&model.Pool, "pool", 0, "resource pools a cluster")
	flag.IntVar(&model.App, "app", 0, "vApps a cluster")
	flag.IntVar(&model.Pod, "pod", 0, "datastore clusters a datacenter; the first takes the datastores beside it")
	flag.IntVar(&model.Machine, "vm", 2, "VMs a pool")
	flag.BoolVar(&model.Autostart, "autostart", false, "switch VMs on")
	listen := flag.String("l", "127.0.0.1:0", "address to listen on")
	user := flag.String("username", "user", "user")
	password := flag.String("password", "pass", "password")
	keyBy := flag.String("key-by", "create", "which task sets config.keyId: create or reconfigure")
	ready := flag.String("ready-file", "", "written when ready: URL in the first line, SHA-256 thumbprint in the second")
	flag.Parse()

	if err := run(model, *listen, *user, *password, *keyBy, *ready); err != nil {
		log.Fatal(err)
	}
}

// fillPods moves the datastores that lie beside a datastore cluster into it: vcsim makes them empty.
func fillPods() {
	for _, entity := range simulator.Map.All("StoragePod") {
		pod := entity.(*simulator.StoragePod)
		folder := simulator.Map.Get(*pod.Parent).(*simulator.Folder)
		var left []types.ManagedObjectReference
		for _, ref := range folder.ChildEntity {
			if datastore, ok := simulator.Map.Get(ref).(*simulator.Datastore); ok {
				datastore.Parent = &pod.Self
				pod.ChildEntity = append(pod.ChildEntity, ref)
			} else {
				left = append(left, ref)
			}
		}
		folder.ChildEntity = left
	}
}

func run(model *simulator.Model, listen, user, password, keyBy, ready string) error {
	if err := model.Create(); err != nil {
		return err
	}
	defer model.Remove()
	fillPods()
	content := simulator.Map.Get(types.ManagedObjectReference{Type: "ServiceInstance", Value: "ServiceInstance"}).(*simulator.ServiceInstance)
	content.Content.About.ApiVersion = "8.0.2.0"

	n := 0
	for _, entity := range simulator.Map.All("VirtualMachine") {
		n++
		if err := dress(entity.(*simulator.VirtualMachine), n); err != nil {
			return err
		}
	}
	keys := &keyStore{byName: map[string]types.CryptoKeyId{}}
	simulator.Map.AddHandler(&keyKeeper{
		ManagedObjectReference: types.ManagedObjectReference{Type: "VtpmfsKeyKeeper", Value: "keeper"},
		keys:                   keys,
	})

	der, key, err := certificate("vcsim", net.IPv4(127, 0, 0, 1))
	if err != nil {
		return err
	}
	model.Service.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	model.Service.Listen = &url.URL{Host: listen, User: url.UserPassword(user, password)}
	model.Service.RegisterEndpoints = true
	server := model.Service.NewServer()
	defer server.Close()
	server.Config.Handler = intercept(server.Config.Handler, keys, keyBy)

	line := fmt.Sprintf("https://%s/sdk\n%s\n", server.URL.Host, thumbprint(der))
	fmt.Print(line)
	if ready != "" {
		if err := ioutil.WriteFile(ready+".new", []byte(line), 0600); err != nil {
			return err
		}
		if err := os.Rename(ready+".new", ready); err != nil {
			return err
		}
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	<-stop
	return nil
}

// thumbprint is the SHA-256 of the certificate, as vtpmfs's --thumbprint wants it.
func thumbprint(der []byte) string {
	sum := sha256.Sum256(der)
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(pairs, ":")
}

// writeNvram puts the file where a vCenter has it: in the directory of the vmx.
func writeNvram(vm *simulator.VirtualMachine) error {
	directory, err := vmDirectory(vm)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(directory, 0700); err != nil {
		return err
	}
	nvram := make([]byte, nvramSize)
	if _, err := rand.Read(nvram); err != nil {
		return err
	}
	return ioutil.WriteFile(filepath.Join(directory, vm.Name+".nvram"), nvram, 0600)
}

func vmDirectory(vm *simulator.VirtualMachine) (string, error) {
	path := vm.Config.Files.VmPathName
	end := strings.Index(path, "] ")
	if !strings.HasPrefix(path, "[") || end < 0 {
		return "", fmt.Errorf("%s: no datastore path: %s", vm.Name, path)
	}
	name := path[1:end]
	for _, entity := range simulator.Map.All("Datastore") {
		ds := entity.(*simulator.Datastore)
		if ds.Name == name && mounts(vm, ds) {
			return filepath.Dir(filepath.Join(ds.Info.GetDatastoreInfo().Url, path[end+2:])), nil
		}
	}
	return "", fmt.Errorf("%s: datastore %s is not there", vm.Name, name)
}

func mounts(vm *simulator.VirtualMachine, ds *simulator.Datastore) bool {
	for _, ref := range vm.Datastore {
		if ref == ds.Reference() {
			return true
		}
	}
	return false
}
