/** A few products of AWS's price list, in its own form; moto has none of it. */
import { AwsRefusal } from "./call";

interface Product {
  family: string;
  attributes: Readonly<Record<string, string>>;
  unit: string;
  usd: number;
}

const CODES: Readonly<Record<string, string>> = { "ap-south-1": "APS3", "eu-central-1": "EUC1" };
const HOURS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "ap-south-1": {
    "t3.micro": 0.0112,
    "t3.small": 0.0224,
    "t3.medium": 0.0448,
    "t3.large": 0.0896,
    "t3.xlarge": 0.1792,
    "t3.2xlarge": 0.3584,
    "m5.4xlarge": 0.808,
  },
  "eu-central-1": { "t3.large": 0.096, "t3.xlarge": 0.192, "t3.2xlarge": 0.384 },
};
const STORAGE: Readonly<Record<string, { gp3: number; snapshot: number }>> = {
  "ap-south-1": { gp3: 0.0912, snapshot: 0.05 },
  "eu-central-1": { gp3: 0.0952, snapshot: 0.054 },
};

function instances(region: string, code: string): Product[] {
  return Object.entries(HOURS[region] ?? {}).flatMap(([instanceType, usd]) => {
    const product = (usage: string, price: number, capacitystatus: string): Product => ({
      family: "Compute Instance",
      attributes: {
        instanceType,
        operatingSystem: "Linux",
        tenancy: "Shared",
        preInstalledSw: "NA",
        capacitystatus,
        usagetype: `${code}-${usage}:${instanceType}`,
      },
      unit: "Hrs",
      usd: price,
    });
    // The list prices reserved capacity too, some of it at nothing.
    return [
      product("BoxUsage", usd, "Used"),
      product("UnusedBox", usd, "UnusedCapacityReservation"),
      product("Reservation", 0, "AllocatedCapacityReservation"),
    ];
  });
}

function storage(region: string, code: string): Product[] {
  const { gp3 = 0, snapshot = 0 } = STORAGE[region] ?? {};
  const snapshots = (usage: string, usd: number): Product => ({
    family: "Storage Snapshot",
    attributes: { usagetype: `${code}-EBS:${usage}` },
    unit: "GB-Mo",
    usd,
  });
  return [
    {
      family: "Storage",
      attributes: { volumeApiName: "gp3", usagetype: `${code}-EBS:VolumeUsage.gp3` },
      unit: "GB-Mo",
      usd: gp3,
    },
    snapshots("SnapshotUsage", snapshot),
    snapshots("SnapshotArchiveStorage", snapshot / 4),
    snapshots("SnapshotUsageUnderBilling", 0),
  ];
}

const PRODUCTS = Object.entries(CODES).flatMap(([region, code]) =>
  [...instances(region, code), ...storage(region, code)].map((product) => ({
    ...product,
    attributes: { servicecode: "AmazonEC2", regionCode: region, ...product.attributes },
  })),
);

/** https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-file-for-services.html */
function entry({ family: productFamily, attributes, unit, usd }: Product, index: number): string {
  const sku = `REHEARSAL${String(index).padStart(7, "0")}`;
  const rateCode = `${sku}.JRTCKXETXF.6YS6EN2CT7`;
  const dimension = {
    unit,
    endRange: "Inf",
    description: `$${usd} per ${attributes["usagetype"]}`,
    appliesTo: [],
    rateCode,
    beginRange: "0",
    pricePerUnit: { USD: usd.toFixed(10) },
  };
  const term = {
    priceDimensions: { [rateCode]: dimension },
    sku,
    effectiveDate: "2026-11-01T00:00:00Z",
    offerTermCode: "JRTCKXETXF",
    termAttributes: {},
  };
  return JSON.stringify({
    product: { productFamily, attributes, sku },
    serviceCode: "AmazonEC2",
    terms: { OnDemand: { [`${sku}.JRTCKXETXF`]: term } },
    version: "20261120000000",
    publicationDate: "2026-11-20T00:00:00Z",
  });
}

interface Question {
  ServiceCode?: string;
  Filters?: { Type: string; Field: string; Value: string }[];
}

/** GetProducts: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html */
export function getProducts({ ServiceCode, Filters = [] }: Question): object {
  const other = Filters.find(({ Type }) => Type !== "TERM_MATCH");
  if (ServiceCode !== "AmazonEC2" || other !== undefined) {
    throw new AwsRefusal(
      "InvalidParameterException",
      "The rehearsal's price list knows AmazonEC2, and filters of type TERM_MATCH.",
    );
  }
  const matches = (product: Product) =>
    Filters.every(
      ({ Field, Value }) =>
        (Field === "productFamily" ? product.family : product.attributes[Field]) === Value,
    );
  const PriceList = PRODUCTS.flatMap((product, index) =>
    matches(product) ? [entry(product, index)] : [],
  );
  return { FormatVersion: "aws_v1", PriceList };
}
