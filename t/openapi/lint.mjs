// node lint.mjs FILE: says nothing of a sound OpenAPI document, else why not.

import { Validator } from '@seriousme/openapi-schema-validator';

const validator = new Validator();
const result = await validator.validate(process.argv[2]);

if (!result.valid) {
  console.log(JSON.stringify(result.errors, null, 2));
  process.exitCode = 1;
} else if (validator.version !== '3.1') {
  console.log(`OpenAPI ${validator.version}, not 3.1`);
  process.exitCode = 1;
} else {
  validator.resolveRefs();
}
