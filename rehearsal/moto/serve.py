#!/usr/bin/env python3
"""Serves moto, the stand-in for AWS's API, with Canonical's images and a memory that lasts.

    python3 serve.py --port 5081 --memory moto.pickle

What it adds to moto's own server:
- validation of images, key pairs and instance types is on;
- the images of images.json, in every region but NO_CANONICAL (there only the decoys), with ids
  that differ from region to region, and root disks of the size that the file says;
- Route 53 makes no record that is there already, and tells the start of a zone in its own form;
- an account that is new has the hosted zone workshop.test, as a user owns a domain;
- an image that is registered is one of its snapshot, with size, architecture and tags;
- every call needs the right to it, see rights.py;
- DescribeRegions lists one partition's, as AWS does;
- a terminated instance leaves neither its network interface nor its Elastic IP's association;
- Elastic IPs are in 127.BLOCK.0.0/16, so that rehearsals side by side never hand out the same one;
- after each call that changes something all is written to a temporary file, which is renamed: the
  answer is given only then, so that neither kill -9 nor a restart of the computer loses anything;
- GET /rehearsal/memory tells the birth of the present memory and the regions in it. A new birth
  means that everything was forgotten;
- GET /rehearsal/refusal?key=…&action=… tells why IAM refuses an action that is answered elsewhere;
- it ends when its standard input ends, and so with the process that started it.
"""

import argparse
import functools
import gc
import hashlib
import json
import os
import pickle
import random
import sys
import threading
import uuid
from pathlib import Path
from urllib.parse import parse_qsl

HERE = Path(__file__).resolve().parent
os.environ.update(
    MOTO_AMIS_PATH=str(HERE / "images.json"),
    MOTO_ENABLE_AMI_VALIDATION="true",
    MOTO_ENABLE_KEYPAIR_VALIDATION="true",
    MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION="true",
)

# moto's start is mostly the reading of JSON: nothing of it is garbage, and botocore would read its
# endpoints anew for each of three sessions.
gc.disable()

from botocore.loaders import JSONFileLoader  # noqa: E402

read_json = functools.cache(functools.partial(JSONFileLoader.load_file, JSONFileLoader()))
JSONFileLoader.load_file = lambda self, path: read_json(path)

from moto import __version__ as MOTO  # noqa: E402
from moto.core.parse import default_timestamp_parser as parse_timestamp  # noqa: E402
from moto.core.responses import ActionResult  # noqa: E402
from moto.ec2.exceptions import EC2ClientError  # noqa: E402
from moto.ec2.models import amis, ec2_backends, elastic_ip_addresses, instances  # noqa: E402
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend  # noqa: E402
from moto.ec2.responses.amis import AmisResponse  # noqa: E402
from moto.iam.models import iam_backends  # noqa: E402
from moto.moto_server.werkzeug_app import (  # noqa: E402
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.route53.exceptions import ResourceRecordAlreadyExists  # noqa: E402
from moto.route53.models import FakeZone, Route53Backend, route53_backends  # noqa: E402
from moto.s3.models import s3_backends  # noqa: E402
from moto.scheduler.models import scheduler_backends  # noqa: E402
from moto.sts.models import sts_backends  # noqa: E402
from rights import enforce, refusal  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

CANONICAL = "099720109477"
# Offers t3.xlarge, so that a missing image is the only thing wrong there.
NO_CANONICAL = "me-south-1"
ACCOUNT = "123456789012"
ZONE = "workshop.test."
# Not kms: its private keys cannot be written down. The default key of encrypted volumes is known by
# its id only after a restart, which is all that EC2 asks of it.
BACKENDS = {
    "ec2": ec2_backends,
    "iam": iam_backends,
    "route53": route53_backends,
    "s3": s3_backends,
    "scheduler": scheduler_backends,
    "sts": sts_backends,
}
READS = ("Describe", "Get", "List", "Decode", "Simulate")


def load_images(backend):
    """As moto's own loader, which gives all regions the same ids and each disk 15 GiB."""
    for entry in amis.AMIS:
        if entry["owner_id"] == CANONICAL and backend.region_name == NO_CANONICAL:
            continue
        name = f"{backend.region_name}/{entry['owner_id']}/{entry['name']}"
        ami_id = "ami-" + hashlib.sha256(name.encode()).hexdigest()[:17]
        details = {k: v for k, v in entry.items() if k != "root_gib"}
        # The file is shared by all regions: a date parsed in place is no text for the second one.
        details["creation_date"] = parse_timestamp(entry["creation_date"])
        image = amis.Ami(
            backend, ami_id, region_name=f"{backend.region_name}a", **details
        )
        image.ebs_snapshot.volume.size = entry["root_gib"]
        backend.amis[ami_id] = image


def root_disk(image):
    """The device mapping of an image: moto says 15 GiB of a type that is long gone."""
    disk = {
        "SnapshotId": image.ebs_snapshot.id,
        "VolumeSize": image.ebs_snapshot.volume.size,
        "DeleteOnTermination": True,
        "VolumeType": "gp2",
        "Encrypted": False,
    }
    return [{"DeviceName": image.root_device_name, "Ebs": disk}]


def register_image(response):
    """moto keeps an image's name and description, and forgets of which snapshot it is made."""
    ask = response._get_param
    response.error_on_dryrun()
    backend = response.ec2_backend
    name, device = ask("Name"), ask("RootDeviceName")
    if any(one.name == name and one.owner_id == ACCOUNT for one in backend.amis.values()):
        raise EC2ClientError(
            "InvalidAMIName.Duplicate", f"AMI name {name} is already in use by an AMI"
        )
    disks = {one.get("DeviceName"): one.get("Ebs", {}) for one in ask("BlockDeviceMappings", [])}
    if device not in disks:
        raise EC2ClientError("InvalidBlockDeviceMapping", f"no mapping of the root device {device}")
    snapshot = backend.get_snapshot(disks[device].get("SnapshotId"))
    image = backend.register_image(name, ask("Description", ""))
    backend.snapshots.pop(image.ebs_snapshot.id)
    image.ebs_snapshot, snapshot.from_ami = snapshot, image.id
    image.root_device_name, image.root_device_type = device, "ebs"
    image.architecture = ask("Architecture", "i386")
    image.virtualization_type = ask("VirtualizationType", "paravirtual")
    image.boot_mode, image.hypervisor = ask("BootMode"), "xen"
    for specification in ask("TagSpecifications", []):
        tagged = image if specification["ResourceType"] == "image" else snapshot
        tagged.add_tags({one["Key"]: one["Value"] for one in specification["Tags"]})
    return ActionResult({"ImageId": image.id})


def terminating(terminate):
    def wrapped(instance):
        backend = instance.ec2_backend
        for address in backend.addresses:
            if address.instance is instance:
                backend.disassociate_address(association_id=address.association_id)
        before = terminate(instance)
        for interface in list(instance.nics.values()):
            backend.enis.pop(interface.id, None)
        return before

    return wrapped


def elastic_ip(block):
    def choose():
        taken = {
            address.public_ip
            for regions in ec2_backends.values()
            for backend in regions.values()
            for address in backend.addresses
        }
        while True:
            found = f"127.{block}.{random.randint(0, 255)}.{random.randint(1, 254)}"
            if found not in taken:
                return found

    return choose


def plain_records(add):
    """moto writes the value of a new zone's SOA record as the text of a dictionary."""

    def wrapped(zone, record_set):
        values = [
            record["Value"] if isinstance(record, dict) else record
            for record in record_set.get("ResourceRecords", [])
        ]
        return add(zone, {**record_set, "ResourceRecords": values})

    return wrapped


def creating_once(change):
    """moto creates a second record of a name and type, and refuses one that was there long ago."""

    def key(record_set):
        identifier = record_set.get("SetIdentifier")
        return (record_set["Name"].rstrip("."), record_set["Type"], identifier)

    def wrapped(backend, zone_id, changes):
        zone = backend.get_hosted_zone(zone_id)
        there = {(r.name.rstrip("."), r.type, r.set_identifier) for r in zone.rrsets}
        for one in changes:
            wanted = one["ResourceRecordSet"]
            if one["Action"] == "CREATE" and key(wanted) in there:
                name = wanted["Name"].rstrip(".") + "."
                raise ResourceRecordAlreadyExists(name=name, _type=wanted["Type"])
        gone = {key(one["ResourceRecordSet"]) for one in changes if one["Action"] == "DELETE"}
        change(backend, zone_id, changes)
        zone.rr_changes[:] = [c for c in zone.rr_changes if key(c["ResourceRecordSet"]) not in gone]

    return wrapped


class Memory:
    """All that moto knows, in one file."""

    def __init__(self, file):
        self.file = Path(file)
        self.birth = uuid.uuid4().hex
        self.saved_regions = []

    def load(self):
        """Takes what the file holds; a file of another moto, or a broken one, is put aside."""
        if self.file.exists():
            try:
                kept = pickle.loads(self.file.read_bytes())
                if kept["moto"] != MOTO:
                    raise ValueError(f"written by moto {kept['moto']}, this is {MOTO}")
                for service, accounts in kept["services"].items():
                    for account, regions in accounts.items():
                        for region, backend in regions.items():
                            # The plain dict's own: moto's would make a new backend first.
                            dict.__setitem__(BACKENDS[service][account], region, backend)
                self.birth = kept["birth"]
                self.saved_regions = self.regions()
                return
            except Exception as error:  # whatever unpickling raises
                print(f"moto: memory not usable, starting empty: {error!r}", flush=True)
                for backends in BACKENDS.values():
                    backends.clear()
                self.file.replace(self.file.with_suffix(".unusable"))
        route53_backends[ACCOUNT]["aws"].create_hosted_zone(ZONE, private_zone=False)
        self.save()

    def save(self):
        services = {
            service: {account: dict(regions.items()) for account, regions in backends.items()}
            for service, backends in BACKENDS.items()
        }
        kept = {"moto": MOTO, "birth": self.birth, "services": services}
        temporary = self.file.with_suffix(".new")
        with open(temporary, "wb") as out:
            # Not forced to the disk, as Pulumi's own state isn't: after a power cut they would differ.
            pickle.dump(kept, out, protocol=pickle.HIGHEST_PROTOCOL)
        temporary.replace(self.file)
        self.saved_regions = self.regions()

    def regions(self):
        return sorted({region for regions in ec2_backends.values() for region in regions})


def application(memory):
    """moto's, one call at a time, so that what is saved is never half of a change."""
    moto = DomainDispatcherApplication(create_backend_app)
    lock = threading.Lock()

    def answer(environ, start_response):
        if environ["PATH_INFO"] == "/rehearsal/memory":
            with lock:
                text = json.dumps({"birth": memory.birth, "regions": memory.regions()}).encode()
            start_response("200 OK", [("Content-Type", "application/json")])
            return [text]
        if environ["PATH_INFO"] == "/rehearsal/refusal":
            asked = dict(parse_qsl(environ["QUERY_STRING"]))
            with lock:
                text = refusal(ACCOUNT, asked["key"], asked["action"]).encode()
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [text]
        with lock:
            body = moto._get_body(environ)
            action = moto.get_action_from_body(body)
            parts = list(moto(environ, start_response))
            reads = (
                action.startswith(READS) if action else environ["REQUEST_METHOD"] in ("GET", "HEAD")
            )
            # A region gets its default network, at random, when it is first looked at.
            if not reads or memory.regions() != memory.saved_regions:
                memory.save()
        return parts

    return answer


def end_with_parent():
    while sys.stdin.buffer.read(1024):
        pass
    os._exit(0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True, help="on 127.0.0.1")
    parser.add_argument("--memory", required=True, help="file that keeps everything")
    parser.add_argument("--block", type=int, default=127, help="second number of Elastic IPs")
    options = parser.parse_args()

    amis.AmiBackend._load_amis = load_images
    amis.Ami.block_device_mappings = property(root_disk)
    AmisResponse.register_image = register_image
    instances.Instance.terminate = terminating(instances.Instance.terminate)
    FakeZone.add_rrset = plain_records(FakeZone.add_rrset)
    change_records = Route53Backend.change_resource_record_sets
    Route53Backend.change_resource_record_sets = creating_once(change_records)
    enforce()
    elastic_ip_addresses.random_ip = elastic_ip(options.block)
    # AWS tells of its own partition: keys of one open nothing in China's or the US government's.
    RegionsAndZonesBackend.regions = [
        one
        for one in RegionsAndZonesBackend.regions
        if not one.name.startswith(("cn-", "us-gov-"))
    ]
    # Some of moto's answers name this port.
    os.environ["MOTO_PORT"] = str(options.port)
    memory = Memory(options.memory)
    memory.load()
    gc.freeze()
    gc.enable()
    threading.Thread(target=end_with_parent, daemon=True).start()
    server = make_server(
        "127.0.0.1",
        options.port,
        application(memory),
        threaded=True,
        request_handler=MotoRequestHandler,
    )
    server.serve_forever()


if __name__ == "__main__":
    main()
