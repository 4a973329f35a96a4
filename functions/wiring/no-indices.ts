/** Takes the place of the user's module in a deployment without index definitions. */
export default []
