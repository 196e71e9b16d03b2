const FACTORS: Record<string, number> = {
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Reads a quantity as Kubernetes writes it, such as 10Gi, in whole units; null: it cannot be read. */
export function parseQuantity(text: string | undefined): number | null {
  const { number, suffix } = /^(?<number>\d+(\.\d+)?(e\d{1,2})?)(?<suffix>[A-Za-z]*)$/.exec(text ?? "")?.groups ?? {};
  const factor = suffix === "" ? 1 : FACTORS[suffix ?? "none"];
  return number === undefined || factor === undefined ? null : Math.ceil(Number(number) * factor);
}
