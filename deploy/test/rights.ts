import * as k8s from "@kubernetes/client-node";

/** Verbs by resource, such as `{ "jobs.batch": ["get"] }`. */
export type Rights = Record<string, string[]>;
export type Question = { verbs: string[]; resources: string[] };

/** What an account may do in a namespace, or everywhere (""), of all that is asked: by its own word to the cluster. */
export async function readRights(config: k8s.KubeConfig, namespace: string, question: Question): Promise<Rights> {
  const api = config.makeApiClient(k8s.AuthorizationV1Api);
  const rights: Rights = {};
  for (const name of question.resources) {
    const [resourceAndGroup = "", subresource] = name.split("/");
    const [resource = "", ...group] = resourceAndGroup.split(".");
    const asked = question.verbs.map(async (verb) => {
      const resourceAttributes = { namespace, verb, group: group.join("."), resource, subresource };
      const { status } = await api.createSelfSubjectAccessReview({ body: { spec: { resourceAttributes } } });
      return status?.allowed ? [verb] : [];
    });
    const allowed = (await Promise.all(asked)).flat();
    if (allowed.length > 0) rights[name] = allowed;
  }
  return rights;
}

/**
 * Every rule that grants an account something in a namespace, one line for each verb and resource. It knows no
 * resources beforehand, so it also shows what no list of questions thought of.
 */
export async function readRules(config: k8s.KubeConfig, namespace: string): Promise<string[]> {
  const api = config.makeApiClient(k8s.AuthorizationV1Api);
  const { status } = await api.createSelfSubjectRulesReview({ body: { spec: { namespace } } });
  if (!status || status.incomplete) throw new Error(`the cluster does not list its rules: ${status?.evaluationError}`);
  const lines = status.resourceRules.flatMap(({ verbs, apiGroups, resources, resourceNames }) =>
    verbs.flatMap((verb) =>
      (apiGroups ?? []).flatMap((group) =>
        (resources ?? []).map((resource) => {
          const name = group === "" ? resource : `${resource}.${group}`;
          return [verb, name, ...(resourceNames ?? [])].join(" ");
        }),
      ),
    ),
  );
  return [...new Set(lines)].sort();
}
